#pragma once

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

 private:
  std::stop_source source_;
  int wake_ = -1;  // an eventfd: says that nobody waits for signals any more
  std::thread waiter_;
};

}  // namespace dray::cli
