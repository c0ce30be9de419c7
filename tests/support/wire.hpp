#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace dray::testing {

/// A flag that wakes every poll which waits on it, once and for all.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise() const;
  [[nodiscard]] bool raised() const;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

/// A server's side of one connection, plain or TLS. Every wait ends when the stop signal is raised.
/// Used by one thread; `shut_down` may come from any.
class Wire {
 public:
  /// Takes over `fd`. Without `context` the connection is plain.
  Wire(int fd, SSL_CTX* context, const StopSignal& stop);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// The TLS handshake; true at once on a plain connection.
  [[nodiscard]] bool handshake();
  /// Whether the peer showed a certificate of its own.
  [[nodiscard]] bool shown_certificate() const;
  /// Reads what there is, at least one byte. 0 when the peer ended, the connection broke or the server stops.
  [[nodiscard]] std::size_t read(char* into, std::size_t size);
  /// False when the connection broke or the server stops.
  [[nodiscard]] bool write(std::string_view bytes);
  /// Lets time pass; false when the peer went or the server stops. No duration: until then.
  [[nodiscard]] bool wait(std::optional<std::chrono::nanoseconds> duration);

  /// Ends the sending side in good order and waits until the peer has ended too.
  void finish();
  /// Ends with an RST, once all that was written has reached the peer's system.
  void reset();
  void shut_down() const;

 private:
  enum class Want : std::uint8_t { read, write };
  [[nodiscard]] bool wait_for(Want want) const;
  [[nodiscard]] std::optional<Want> tls_want(int result) const;
  [[nodiscard]] bool write_plain(std::string_view bytes) const;
  [[nodiscard]] bool write_tls(std::string_view bytes);
  void wait_until_delivered();

  struct SslFree {
    void operator()(SSL* ssl) const noexcept;
  };
  int fd_;
  std::unique_ptr<SSL, SslFree> ssl_;
  const StopSignal& stop_;
};

}  // namespace dray::testing
