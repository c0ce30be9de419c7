#pragma once

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <dray/base/bytes.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/buffer_pool.hpp"
#include "engine/shared.hpp"

namespace dray::server::engine {

class Connection;

/// One thread that moves bytes, and the connections that are its own. All but the functions that say so are called on
/// that thread only.
class Loop {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Loop(Shared& shared);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // From any thread.
  void start();
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  void adopt(Newcomer newcomer);
  void begin_stop();  ///< Ends what is idle; the rest ends as it is done.
  void cut();         ///< Ends the rest.
  void finish();      ///< Joins. No connection may be left.

  // From the loop's own thread.
  [[nodiscard]] Shared& shared() noexcept { return shared_; }
  [[nodiscard]] ByteSpan scratch() noexcept { return {scratch_.get(), limits::scratch_bytes}; }
  [[nodiscard]] BufferPool& buffers() noexcept { return buffers_; }
  [[nodiscard]] Time now() const noexcept { return now_; }  ///< As of the last sweep.
  [[nodiscard]] std::string_view date() const noexcept { return date_; }
  void remove(Connection& connection);

 private:
  void run() noexcept;
  void tell_time();
  void sweep_later();
  void sweep();
  void take(Newcomer newcomer);

  Shared& shared_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<std::byte[]> scratch_;
  BufferPool buffers_;
  std::vector<std::shared_ptr<Connection>> connections_;
  Time now_;
  std::string date_;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace dray::server::engine
