#include <dray/http/response.hpp>

#include <array>
#include <dray/http/limits.hpp>

namespace dray::http {

Result<std::string> read_body(Exchange& exchange, std::uint64_t limit) {
  const auto where = [&] { return "answer of " + exchange.head().url.printable().text(); };
  const auto length = exchange.head().content_length();
  if (length && *length > limit) {
    return Error(ErrorCode::limit_exceeded,
                 where() + ": it has " + std::to_string(*length) + " bytes, more than " + std::to_string(limit));
  }
  return read_all(exchange, limit).transform_error([&](Error error) {
    return error.code() == ErrorCode::limit_exceeded ? std::move(error).context(where()) : error;
  });
}

void discard(std::unique_ptr<Exchange> exchange) {
  const auto length = exchange->head().content_length();
  if (!length || *length > limits::max_discarded_bytes) return;
  std::array<std::byte, 4096> nowhere{};
  while (true) {
    const auto count = exchange->read(nowhere);
    if (!count || *count == 0) return;
  }
}

}  // namespace dray::http
