#include "interrupt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "exit_status.hpp"

namespace dray::cli {

Interrupt::Interrupt() {
  // A reader that went away is seen as EPIPE by the writer, not as the end of the program.
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, number);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int arrivals = ::signalfd(-1, &signals, SFD_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  waiter_ = std::thread([this, arrivals] {
    bool asked = false;
    while (true) {
      std::array<pollfd, 2> waits = {pollfd{arrivals, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
      if (::poll(waits.data(), waits.size(), -1) < 0) continue;
      if ((waits[1].revents & POLLIN) != 0) break;
      signalfd_siginfo info{};
      if (::read(arrivals, &info, sizeof info) != sizeof info) continue;
      if (info.ssi_signo == SIGHUP && reloads()) continue;
      if (asked) ::_exit(exit_interrupted);
      asked = true;
      source_.request_stop();
    }
    ::close(arrivals);
  });
}

void Interrupt::on_hangup(std::function<void()> reload) {
  auto shared = reload ? std::make_shared<const std::function<void()>>(std::move(reload)) : nullptr;
  reload_.with([&](auto& current) { current = std::move(shared); });
}

bool Interrupt::reloads() {
  const auto reload = reload_.with([](const auto& current) { return current; });
  if (reload) (*reload)();
  return reload != nullptr;
}

Interrupt::~Interrupt() {
  const std::uint64_t one = 1;
  if (::write(wake_, &one, sizeof one) == sizeof one) waiter_.join();
  ::close(wake_);
}

}  // namespace dray::cli
