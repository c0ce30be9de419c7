#pragma once

#include <compare>
#include <cstdint>
#include <dray/base/result.hpp>
#include <string>
#include <string_view>

namespace dray::http {

/// Scheme, host and port: what a secret belongs to. Compared after normalisation: scheme and host in lower
/// case, a trailing dot of the host removed, IPv6 in its canonical form, the scheme's own port spelled out.
/// Source: RFC 6454 section 4; reliability row C-5.
struct Origin {
  std::string scheme;  ///< `http` or `https`
  std::string host;    ///< without brackets
  std::uint16_t port = 0;

  /// `https://example.com:8443`; the scheme's own port is left out, IPv6 stands in brackets.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_secure() const noexcept { return scheme == "https"; }
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

/// A URL that may be shown: no user info, and the value of every query parameter that could be a secret is
/// replaced by `…`. The only form of a URL that messages, observers and logs may hold.
class PrintableUrl {
 public:
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  friend bool operator==(const PrintableUrl&, const PrintableUrl&) = default;

 private:
  friend class Url;
  explicit PrintableUrl(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// An absolute http or https URL. A value, parsed once and valid ever after. Its path and query are kept as
/// they were written (a CDN's `//` is part of the signed name). It may hold secrets: show `printable()` only.
class Url {
 public:
  /// Refuses other schemes, user info, control characters, blanks, an empty host, port 0 and what is longer
  /// than `limits::max_url_bytes`. The fragment is dropped.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  /// Resolves a `Location`, `Link` or `realm` against this URL (RFC 3986 section 5), under the rules of `parse`.
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const Origin& origin() const noexcept { return origin_; }
  /// Begins with `/`, still percent-encoded.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Without the `?`; empty when there is none.
  [[nodiscard]] const std::string& query() const noexcept { return query_; }
  [[nodiscard]] PrintableUrl printable() const;

  /// The decoded value of the first query parameter of that name.
  [[nodiscard]] Result<std::string> query_value(std::string_view name) const;
  /// A copy with `name=value` (both encoded here) put behind the query.
  [[nodiscard]] Url with_query(std::string_view name, std::string_view value) const;

 private:
  Url() = default;
  std::string text_;
  Origin origin_;
  std::string path_;
  std::string query_;
};

/// Encodes everything but unreserved characters (RFC 3986 section 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace dray::http
