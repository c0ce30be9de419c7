#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "support/http_message.hpp"

namespace dray::testing {

/// What a server answered, read off a raw connection.
struct RawAnswer {
  int status = 0;  ///< 0: the connection ended before a whole head.
  Headers headers;
  std::string body;       ///< As far as it came; chunks are left as they are.
  bool complete = false;  ///< As many bytes as Content-Length says (or none by the rules) have come.
};

/// A plain socket to a loopback port, for bytes that no HTTP library would send. Every wait ends after 20 seconds with
/// std::runtime_error. Used by one thread.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);
  /// Ends the sending side.
  void finish_sending();
  /// Reads one answer by its Content-Length, to the end of the connection without one.
  [[nodiscard]] RawAnswer read_answer(std::string_view method = "GET");
  /// Sends a request with a Host header (and a Content-Length for a body) and reads the answer.
  RawAnswer ask(std::string_view method, std::string_view target, const Headers& headers = {},
                std::string_view body = {});
  /// Reads to the end of the connection.
  [[nodiscard]] std::string read_to_end();
  /// Whether the connection ended with an RST, as far as was read.
  [[nodiscard]] bool was_reset() const noexcept { return was_reset_; }

 private:
  bool fill();
  int fd_;
  std::string buffer_;
  bool was_reset_ = false;
};

/// One request over a connection of its own to `http://127.0.0.1:PORT/…`.
RawAnswer ask_once(std::string_view method, std::string_view url, const Headers& headers = {},
                   std::string_view body = {});

}  // namespace dray::testing
