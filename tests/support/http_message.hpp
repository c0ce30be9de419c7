#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dray::testing {

/// Header lines in the order of the wire; names compare without regard to case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> lines) : lines_(lines) {}

  void add(std::string name, std::string value) { lines_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string name, std::string value);
  void remove(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  /// The first value of that name.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  /// The first value of that name, or "".
  [[nodiscard]] std::string get(std::string_view name) const { return find(name).value_or(""); }
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

/// One request as it came over the wire.
struct ServerRequest {
  std::string method;
  std::string target;  ///< As sent: path and query, or whatever else the client wrote.
  Headers headers;
  std::string body;             ///< In a record only its first bytes: ServerOptions::recorded_body_bytes.
  std::uint64_t body_size = 0;  ///< All of it.
  int connection = 0;           ///< 1 is the first connection that the server accepted.
  std::chrono::steady_clock::time_point time;
  bool client_certificate = false;  ///< The client showed one; false unless the server asked.

  [[nodiscard]] std::string_view path() const;
  /// What follows the first `?`, or "".
  [[nodiscard]] std::string_view query() const;
  /// The percent-decoded value of a query parameter.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  /// Every value of a query parameter, in order.
  [[nodiscard]] std::vector<std::string> parameters(std::string_view name) const;
};

[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b);
/// `%41` to `A`; `+` stays.
[[nodiscard]] std::string percent_decode(std::string_view text);
/// All but unreserved characters as `%XX`.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Parses the head of a request, from the request line to the empty line included, as strictly as RFC 9112 allows: no
/// bare LF, no folding, no space before a colon, no control characters, HTTP/1.1 only. Nothing when it is malformed.
[[nodiscard]] std::optional<ServerRequest> parse_head(std::string_view head);

}  // namespace dray::testing
