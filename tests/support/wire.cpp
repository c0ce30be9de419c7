#include "support/wire.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace dray::testing {

StopSignal::StopSignal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::runtime_error("cannot make an eventfd");
}

StopSignal::~StopSignal() { ::close(fd_); }

void StopSignal::raise() const {
  const std::uint64_t one = 1;
  if (::write(fd_, &one, sizeof one) < 0 && errno != EAGAIN) throw std::runtime_error("cannot raise a stop signal");
}

bool StopSignal::raised() const {
  pollfd entry{fd_, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void Wire::SslFree::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }

Wire::Wire(int fd, SSL_CTX* context, const StopSignal& stop) : fd_(fd), stop_(stop) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  if (context != nullptr) {
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), fd_);
  }
}

Wire::~Wire() { ::close(fd_); }

bool Wire::wait_for(Want want) const {
  std::array<pollfd, 2> entries{pollfd{fd_, want == Want::read ? short{POLLIN} : short{POLLOUT}, 0},
                                pollfd{stop_.fd(), POLLIN, 0}};
  while (::poll(entries.data(), entries.size(), -1) < 0) {
    if (errno != EINTR) return false;
  }
  return entries[1].revents == 0;
}

std::optional<Wire::Want> Wire::tls_want(int result) const {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return Want::read;
  if (error == SSL_ERROR_WANT_WRITE) return Want::write;
  ERR_clear_error();
  return std::nullopt;
}

bool Wire::handshake() {
  if (!ssl_) return true;
  while (true) {
    const int result = SSL_accept(ssl_.get());
    if (result == 1) return true;
    const auto want = tls_want(result);
    if (!want || !wait_for(*want)) return false;
  }
}

bool Wire::shown_certificate() const { return ssl_ && SSL_get0_peer_certificate(ssl_.get()) != nullptr; }

std::size_t Wire::read(char* into, std::size_t size) {
  while (!stop_.raised()) {
    std::optional<Want> want;
    if (ssl_) {
      std::size_t got = 0;
      const int result = SSL_read_ex(ssl_.get(), into, size, &got);
      if (result == 1) return got;
      want = tls_want(result);
    } else {
      const ssize_t got = ::recv(fd_, into, size, 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EAGAIN || errno == EINTR) want = Want::read;
    }
    if (!want || !wait_for(*want)) return 0;
  }
  return 0;
}

bool Wire::write(std::string_view bytes) { return ssl_ ? write_tls(bytes) : write_plain(bytes); }

bool Wire::write_plain(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !wait_for(Want::write)) {
      return false;
    }
  }
  return true;
}

bool Wire::write_tls(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) {
      bytes.remove_prefix(sent);
      continue;
    }
    const auto want = tls_want(result);
    if (!want || !wait_for(*want)) return false;
  }
  return true;
}

bool Wire::wait(std::optional<std::chrono::nanoseconds> duration) {
  std::array<pollfd, 2> entries{pollfd{fd_, POLLRDHUP, 0}, pollfd{stop_.fd(), POLLIN, 0}};
  timespec limit{};
  if (duration) {
    limit.tv_sec = static_cast<time_t>(duration->count() / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(duration->count() % 1'000'000'000);
  }
  int ready = 0;
  do {
    ready = ::ppoll(entries.data(), entries.size(), duration ? &limit : nullptr, nullptr);
  } while (ready < 0 && errno == EINTR);
  return ready == 0;
}

void Wire::finish() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ::shutdown(fd_, SHUT_WR);
  std::array<char, 4096> rest{};
  while (wait_for(Want::read)) {
    const ssize_t got = ::recv(fd_, rest.data(), rest.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

// An RST throws away what still waits to be sent, so that has to reach the peer first.
void Wire::wait_until_delivered() {
  int waiting = 1;
  while (::ioctl(fd_, SIOCOUTQ, &waiting) == 0 && waiting > 0) {
    if (!wait(std::chrono::milliseconds(1))) return;
  }
}

void Wire::reset() {
  wait_until_delivered();
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Wire::shut_down() const { ::shutdown(fd_, SHUT_RDWR); }

}  // namespace dray::testing
