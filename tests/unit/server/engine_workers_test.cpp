#include <gtest/gtest.h>

#include <atomic>
#include <dray/server/limits.hpp>
#include <span>
#include <string>

#include "engine/buffer_pool.hpp"
#include "engine/chunk_decoder.hpp"
#include "engine/response_head.hpp"
#include "engine/worker_pool.hpp"
#include "engine_fixture.hpp"

namespace dray::server::engine {
namespace engine_workers_test {
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

struct Decoded {
  std::string body;
  std::string behind;
  bool done = false;
};

/// Shows the decoder the input in pieces of that size.
Decoded decode(const std::string& input, std::size_t piece) {
  ChunkDecoder decoder;
  Decoded decoded;
  std::string room(input.size(), '\0');
  for (std::size_t at = 0; at < input.size() && !decoded.done; at += piece) {
    decoded.behind += input.substr(at, piece);
    const auto step = decoder.decode(as_bytes(decoded.behind), std::as_writable_bytes(std::span(room)));
    EXPECT_FALSE(step.refusal);
    decoded.body += room.substr(0, step.produced);
    decoded.behind.erase(0, step.consumed);
    decoded.done = step.done;
  }
  return decoded;
}

TEST(EngineChunkDecoder, DecodesHoweverTheInputIsCut) {
  const std::string input = "5;x=y\r\nhello\r\n1\r\n \r\n005\r\nworld\r\n0\r\nX-A: 1\r\n\r\nbehind";
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    const auto decoded = decode(input, piece);
    EXPECT_TRUE(decoded.done) << piece;
    EXPECT_EQ(decoded.body, "hello world") << piece;
    EXPECT_EQ(std::string("behind").substr(0, decoded.behind.size()), decoded.behind);
  }
}

TEST(EngineChunkDecoder, DecodesAnEmptyBodyHoweverItIsCut) {
  for (const std::string input : {"0\r\n\r\n", "0\r\nX-A: 1\r\n\r\n", "0;x\r\n\r\n"}) {
    for (std::size_t piece = 1; piece <= input.size(); ++piece) {
      const auto decoded = decode(input, piece);
      EXPECT_TRUE(decoded.done) << input << piece;
      EXPECT_EQ(decoded.body, "");
      EXPECT_EQ(decoded.behind, "");
    }
  }
}

TEST(EngineDate, IsThatOfRfc9110) {
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace engine_workers_test
}  // namespace dray::server::engine
