#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/http_message.hpp"
#include "support/wire.hpp"

namespace dray::testing {

/// Reads requests from a wire, one after another, as strictly as RFC 9112 allows: one length at most, and that honest.
/// Used by one thread.
class RequestReader {
 public:
  enum class Outcome : std::uint8_t { request, ended, malformed, too_large };

  RequestReader(Wire& wire, std::size_t max_body) : wire_(wire), max_body_(max_body) {}

  /// Waits for a whole request; a client that expects `100 Continue` gets it.
  [[nodiscard]] Outcome next(ServerRequest& request);

 private:
  [[nodiscard]] Outcome read_body(ServerRequest& request);
  [[nodiscard]] Outcome read_sized(std::string_view length, std::string& body);
  [[nodiscard]] Outcome read_chunks(std::string_view coding, std::string& body);
  [[nodiscard]] bool fill();
  [[nodiscard]] std::optional<std::string> read_until(std::string_view mark, std::size_t limit);
  [[nodiscard]] bool take(std::uint64_t size, std::string& into);

  Wire& wire_;
  std::size_t max_body_;
  std::string buffer_;
};

}  // namespace dray::testing
