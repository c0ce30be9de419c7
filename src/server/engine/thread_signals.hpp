#pragma once

#include <csignal>

namespace dray::server::engine {

/// Blocks every signal for the calling thread, and so for the threads it starts meanwhile: signals are for the thread
/// that called the engine. SIGPIPE, which `sendfile` and OpenSSL's writes raise, never arrives on a blocked thread.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace dray::server::engine
