#pragma once

#include <dray/base/guarded.hpp>
#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

namespace dray::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request; the second one ends the program at once.
/// Made before any other thread, so that all of them leave these signals to it.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// From now on SIGHUP calls this, on the thread that waits for signals, rather than stop; empty: it stops again.
  void on_hangup(std::function<void()> reload);

 private:
  /// True when SIGHUP was for somebody who reloads.
  [[nodiscard]] bool reloads();

  Guarded<std::shared_ptr<const std::function<void()>>> reload_;
  std::stop_source source_;
  int wake_ = -1;  // an eventfd: says that nobody waits for signals any more
  std::thread waiter_;
};

}  // namespace dray::cli
