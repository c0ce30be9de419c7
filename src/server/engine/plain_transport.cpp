#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "engine/transport.hpp"

namespace dray::server::engine {
namespace {

IoResult outcome(ssize_t moved, Io blocked) noexcept {
  if (moved > 0) return {Io::done, static_cast<std::size_t>(moved)};
  if (moved == 0) return {Io::closed, 0};
  return {errno == EAGAIN ? blocked : Io::failed, 0};
}

template <class Call>
ssize_t uninterrupted(Call call) noexcept {
  for (;;) {
    const ssize_t moved = call();
    if (moved >= 0 || errno != EINTR) return moved;
  }
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) noexcept : socket_(socket) {}

  bool secure() const noexcept override { return false; }
  Io handshake() override { return Io::done; }

  IoResult receive(ByteSpan into) override {
    return outcome(uninterrupted([&] { return ::recv(socket_, into.data(), into.size(), 0); }), Io::want_read);
  }

  IoResult send(ByteView head, ByteView body, bool more) override {
    std::array<iovec, 2> parts{};
    std::size_t count = 0;
    for (const auto part : {head, body}) {
      // sendmsg only reads them, but its struct is recvmsg's too.
      if (!part.empty()) parts.at(count++) = {const_cast<std::byte*>(part.data()), part.size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    return outcome(uninterrupted([&] { return ::sendmsg(socket_, &message, flags); }), Io::want_write);
  }

  IoResult send_file(int file, ByteRange range, ByteSpan) override {
    auto at = static_cast<off_t>(range.begin);
    auto result = outcome(uninterrupted([&] { return ::sendfile(socket_, file, &at, range.size()); }), Io::want_write);
    if (result.io == Io::closed) result.io = Io::failed;  // the file ended
    return result;
  }

  void shut_down() noexcept override { ::shutdown(socket_, SHUT_WR); }

 private:
  int socket_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int socket) { return std::make_unique<PlainTransport>(socket); }

}  // namespace dray::server::engine
