#include "support/real_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>

namespace dray::testing {
namespace {

using Time = std::chrono::steady_clock;

/// Below the ports that the system hands out, so that no other server of a test gets it in between.
std::uint16_t draw_port() {
  static std::random_device device;
  return std::uniform_int_distribution<std::uint16_t>(15'000, 30'000)(device);
}

bool answers(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

}  // namespace

RealProxy::RealProxy(Kind kind, std::string user, std::string password)
    : kind_(kind), user_(std::move(user)), password_(std::move(password)) {
  constexpr int tries = 20;
  for (int i = 0; i < tries; ++i) {
    do {
      port_ = draw_port();
    } while (answers(port_));
    start();
    const auto deadline = Time::now() + std::chrono::seconds(10);
    while (process_->running() && Time::now() < deadline) {
      if (answers(port_) && process_->running()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // neither program says when it listens
    }
  }
  throw std::runtime_error("the proxy did not start; it wrote:\n" + log());
}

void RealProxy::start() {
  const auto port = std::to_string(port_);
  if (kind_ == Kind::socks) {
    Command command{{"microsocks", "-i", "127.0.0.1", "-p", port}};
    if (!user_.empty()) command.words.insert(command.words.end(), {"-u", user_, "-P", password_});
    process_ = std::make_unique<Process>(std::move(command));
    return;
  }
  std::string configuration = "Listen 127.0.0.1\nTimeout 600\nMaxClients 50\nLogLevel Connect\nPort " + port + "\n";
  if (!user_.empty()) configuration += "BasicAuth " + user_ + " " + password_ + "\n";
  const auto file = directory_.write("tinyproxy.conf", configuration);
  process_ = std::make_unique<Process>(Command{{"tinyproxy", "-d", "-c", file.string()}});
}

bool RealProxy::logged(std::string_view text) const {
  return process_->wait_for_output(text, std::chrono::seconds(10));
}

}  // namespace dray::testing
