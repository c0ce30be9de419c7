#pragma once

#include <cstdint>
#include <dray/base/file.hpp>
#include <dray/base/stream.hpp>
#include <dray/http/message.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dray::server {

/// A request's method; what the registry has no use for is `other`.
enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
[[nodiscard]] Method parse_method(std::string_view text) noexcept;
[[nodiscard]] std::string_view name(Method method) noexcept;

/// The head of a request as a handler sees it: parsed, within every limit, its framing sound.
struct Request {
  Method method = Method::get;
  /// As sent, without the query; begins with `/`, still percent-encoded, no control characters.
  std::string path;
  /// Names and values, percent-decoded (`+` stays), in order.
  std::vector<std::pair<std::string, std::string>> query;
  http::Headers headers;
  /// The body's size; nullopt when it comes in chunks. 0 without a body.
  std::optional<std::uint64_t> body_size = 0;
  std::string peer;     ///< The client's address, without its port.
  bool secure = false;  ///< Came over TLS.

  /// The first value of that name; nullptr when there is none.
  [[nodiscard]] const std::string* parameter(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string_view> parameters(std::string_view name) const;
};

/// Bytes of a file; the descriptor is owned.
struct FileBody {
  FileDescriptor file;
  ByteRange range;
};
/// Bytes that are read, on a worker thread, as the client takes them. Without a size they go out in chunks.
struct StreamBody {
  std::unique_ptr<ByteSource> bytes;
  std::optional<std::uint64_t> size;
};
/// The second form shares bytes that are sent to many.
using Body = std::variant<std::string, std::shared_ptr<const std::string>, FileBody, StreamBody>;
[[nodiscard]] std::optional<std::uint64_t> size_of(const Body& body) noexcept;

/// An answer. The engine adds `Content-Length` or `Transfer-Encoding`, `Date`, and `Connection` where it closes; for
/// HEAD it sends the head that the body asks for, and no body.
struct Response {
  int status = 200;
  http::Headers headers;
  Body body;
  /// Ends the connection behind this answer.
  bool close = false;
};

/// Takes a request's body and answers then. Its calls come from worker threads, one at a time, and may block.
/// Destroyed without `finish` when the client went away or sent too little: what arrived is to be kept or dropped, as
/// the operation has it.
class BodyTaker {
 public:
  virtual ~BodyTaker() = default;
  /// More of the body. An error ends the request with `refuse(error)`; the rest of the body is not wanted.
  [[nodiscard]] virtual Result<void> write(ByteView bytes) = 0;
  /// The body is complete; at once for a request without one.
  [[nodiscard]] virtual Response finish() = 0;
  /// The answer to an error of `write`.
  [[nodiscard]] virtual Response refuse(const Error& error) = 0;
};

/// What a handler makes of a request's head, on the connection's own thread and without blocking: an answer at once (a
/// body that the client sends all the same is drained or the connection closed), or somebody who takes the body on a
/// worker thread, also for requests without a body whose answer takes long.
using Handled = std::variant<Response, std::unique_ptr<BodyTaker>>;

/// What the engine serves. Safe from many threads.
class Service {
 public:
  virtual ~Service() = default;
  [[nodiscard]] virtual Handled handle(Request& request) = 0;
  /// The answer to what never became a request, or came when the server is full: 400, 408, 414, 417, 431, 501, 503,
  /// 505; and 500 when `handle` or a taker threw.
  [[nodiscard]] virtual Response refuse_early(int status, std::string_view why) = 0;
};

}  // namespace dray::server
