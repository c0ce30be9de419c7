#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <dray/base/guarded.hpp>
#include <dray/server/engine.hpp>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tuning.hpp"
#include "support/raw_client.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {

/// What is told of a request, kept.
struct ServedRecord {
  std::string peer, method, target, user_agent;
  int status = 0;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  bool complete = false;
};

/// Opens once; whoever waits for it goes on then.
class Gate {
 public:
  void open();
  void wait();
  [[nodiscard]] int waiting() const { return waiting_; }

 private:
  std::atomic<int> waiting_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// What takers have seen; outlives them.
struct TakerLog {
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<int> finished = 0;
  std::atomic<int> destroyed = 0;
  std::atomic<int> unfinished = 0;  ///< Destroyed without an end.
};

/// A service for tests of the engine: `handle` by path.
///
/// GET  /text           `hello`
/// GET  /shared         `shared hello`
/// GET  /echo?…         the request as the handler sees it, a line each
/// GET  /big?n=         n bytes of pattern()
/// GET  /file?n=&from=  the same, from a file
/// GET  /stream?n=      the same, from a worker, with a size; &chunked=1 without one; &fail_at= fails there
/// GET  /slow           a taker that waits for `gate` and answers then
/// GET  /throw          throws; /throw-later in a taker
/// GET  /status?code=   an answer of that status with a body
/// GET  /odd-headers    headers that may not go out
/// PUT  /sum            a taker: answers the count of bytes and their digest
/// PUT  /held           the same, each write waits for `gate`
/// PUT  /picky          a taker that refuses with 413 once it has more than 1000 bytes
/// PUT  /unread         answers 401 at once
class TestService : public Service {
 public:
  Handled handle(Request& request) override;
  Response refuse_early(int status, std::string_view why) override;

  Gate gate;
  TakerLog takers;
  std::atomic<int> handled = 0;

 private:
  testing::TempDir files_;
};

/// n bytes that never repeat with a period a buffer could have.
std::string pattern(std::size_t size);

/// An engine on a free port with a TestService.
class EngineBed {
 public:
  explicit EngineBed(EngineOptions options = {}, engine::Tuning tuning = {});
  ~EngineBed();
  EngineBed(const EngineBed&) = delete;
  EngineBed& operator=(const EngineBed&) = delete;

  [[nodiscard]] std::uint16_t port() const { return engine().port(); }
  [[nodiscard]] Engine& engine() const { return *engine_; }
  [[nodiscard]] TestService& service() { return *service_; }
  /// What was served so far.
  [[nodiscard]] std::vector<ServedRecord> served();
  /// The same, once there are as many.
  [[nodiscard]] std::vector<ServedRecord> wait_for_served(std::size_t count);

 private:
  std::shared_ptr<TestService> service_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ServedRecord> served_;
  std::unique_ptr<Engine> engine_;
};

/// Waits, looking again and again, until it holds; false after 20 seconds.
bool eventually(const std::function<bool()>& holds);

/// Sends in pieces of that size, each on the wire by itself.
void send_in_pieces(testing::RawClient& client, std::string_view bytes, std::size_t piece);

}  // namespace dray::server
