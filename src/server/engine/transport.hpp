#pragma once

#include <cstdint>
#include <dray/base/bytes.hpp>
#include <memory>

namespace dray::server::engine {

/// How an attempt to move bytes ended.
enum class Io : std::uint8_t {
  done,
  want_read,   ///< Would block until the socket can be read.
  want_write,  ///< Would block until the socket can be written.
  closed,      ///< The peer has ended its sending side in order.
  failed,      ///< The connection is of no more use.
};
struct IoResult {
  Io io = Io::done;
  std::size_t bytes = 0;  ///< Above 0 when `done`.
};

/// Bytes to and from one peer over a non-blocking socket that somebody else owns. Used by one thread.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual bool secure() const noexcept = 0;
  /// To be called until it is done, before anything else.
  [[nodiscard]] virtual Io handshake() = 0;
  [[nodiscard]] virtual IoResult receive(ByteSpan into) = 0;
  /// Sends `head` and `body` behind it, as far as it gets. `more`: something follows at once. What was not sent must
  /// be what the next call begins with.
  [[nodiscard]] virtual IoResult send(ByteView head, ByteView body, bool more) = 0;
  /// Sends a part of a file; `failed` too when it ends before the range does. `scratch` is room that may be used.
  [[nodiscard]] virtual IoResult send_file(int file, ByteRange range, ByteSpan scratch) = 0;
  /// Says that nothing more comes from here.
  virtual void shut_down() noexcept = 0;
};

[[nodiscard]] std::unique_ptr<Transport> make_plain_transport(int socket);

}  // namespace dray::server::engine
