#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::http {

/// One challenge of a `WWW-Authenticate` header: `Bearer realm="…",service="…"`.
struct Challenge {
  std::string scheme;                             ///< in lower case
  std::map<std::string, std::string> parameters;  ///< names in lower case, values unescaped
  std::string token68;                            ///< as `Negotiate` has; mostly empty
};

/// Every challenge of every header line, in order; what cannot be read is left out. Several challenges in one
/// line, quoted strings with escapes and odd blanks are understood. At most `limits::max_challenges`.
/// Source: RFC 9110 section 11.6.1.
[[nodiscard]] std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& header_lines);

/// The target of the first `rel="next"` link of the `Link` header lines (RFC 8288); unresolved.
[[nodiscard]] std::optional<std::string> parse_next_link(const std::vector<std::string_view>& header_lines);

}  // namespace dray::http
