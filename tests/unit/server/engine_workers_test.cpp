#include <gtest/gtest.h>

#include <atomic>
#include <dray/server/limits.hpp>
#include <string>

#include "engine/buffer_pool.hpp"
#include "engine/chunk_decoder.hpp"
#include "engine/response_head.hpp"
#include "engine/worker_pool.hpp"
#include "engine_fixture.hpp"

namespace dray::server::engine {
namespace {

TEST(EngineWorkerPool, RunsEverythingBeforeItStops) {
  std::atomic<int> done = 0;
  WorkerPool pool(3, 1000);
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(pool.offer([&] { ++done; }));
  pool.stop();
  EXPECT_EQ(done, 500);
}

TEST(EngineWorkerPool, DeclinesWhatIsNewWhenEnoughWaits) {
  Gate gate;
  std::atomic<int> done = 0;
  WorkerPool pool(1, 2);
  EXPECT_TRUE(pool.offer([&] { gate.wait(); }));
  EXPECT_TRUE(eventually([&] { return gate.waiting() == 1; }));
  EXPECT_TRUE(pool.offer([&] { ++done; }));
  EXPECT_TRUE(pool.offer([&] { ++done; }));
  EXPECT_FALSE(pool.offer([&] { ++done; }));
  pool.submit([&] { ++done; });
  gate.open();
  pool.stop();
  EXPECT_EQ(done, 3);
}

TEST(EngineWorkerPool, RunsAsManyAtATimeAsItHasThreads) {
  Gate gate;
  WorkerPool pool(4, 100);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(pool.offer([&] { gate.wait(); }));
  EXPECT_TRUE(eventually([&] { return gate.waiting() == 4; }));
  gate.open();
  pool.stop();
}

TEST(EngineBufferPool, GivesABufferToWhoeverWaitsLongest) {
  BufferPool pool(1);
  auto only = pool.take();
  ASSERT_TRUE(only);
  EXPECT_FALSE(pool.take());
  Buffer first;
  pool.wait([](Buffer&) { return false; });  // is gone by then
  pool.wait([&](Buffer& offered) {
    first = std::move(offered);
    return true;
  });
  pool.give(std::move(only));
  EXPECT_TRUE(first);
  EXPECT_FALSE(pool.take());
  pool.give(std::move(first));
  EXPECT_TRUE(pool.take());
}

TEST(EngineChunkDecoder, DecodesHoweverTheInputIsCut) {
  const std::string input = "5;x=y\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\nX-A: 1\r\n\r\nbehind";
  for (std::size_t cut = 1; cut <= input.size(); ++cut) {
    ChunkDecoder decoder;
    std::string pending;
    std::string body;
    std::string room(input.size(), '\0');
    bool done = false;
    for (std::size_t at = 0; at < input.size() && !done; at += cut) {
      pending += input.substr(at, cut);
      const auto step = decoder.decode(as_bytes(pending), std::as_writable_bytes(std::span(room)));
      ASSERT_FALSE(step.refusal);
      body += room.substr(0, step.produced);
      pending.erase(0, step.consumed);
      done = step.done;
    }
    EXPECT_TRUE(done);
    EXPECT_EQ(body, "hello world") << cut;
    EXPECT_EQ(std::string("behind").substr(0, pending.size()), pending);
  }
}

TEST(EngineDate, IsThatOfRfc9110) {
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace dray::server::engine
