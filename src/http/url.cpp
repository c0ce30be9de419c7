#include <dray/http/url.hpp>

#include <algorithm>
#include <array>
#include <dray/http/limits.hpp>
#include <optional>

#include "origin.hpp"
#include "text.hpp"

namespace dray::http {
namespace {

/// The query parameters that registries and their storage use and that open nothing. All others stay hidden: a
/// signature's name cannot be foreseen.
constexpr auto harmless_parameters = std::to_array<std::string_view>({"account",
                                                                      "api-version",
                                                                      "artifactType",
                                                                      "client_id",
                                                                      "digest",
                                                                      "digest-algorithm",
                                                                      "from",
                                                                      "last",
                                                                      "mount",
                                                                      "n",
                                                                      "ns",
                                                                      "offline_token",
                                                                      "scope",
                                                                      "se",
                                                                      "service",
                                                                      "sp",
                                                                      "spr",
                                                                      "sr",
                                                                      "st",
                                                                      "sv",
                                                                      "tag",
                                                                      "X-Amz-Algorithm",
                                                                      "X-Amz-Date",
                                                                      "X-Amz-Expires",
                                                                      "X-Amz-SignedHeaders",
                                                                      "Expires"});

constexpr std::string_view hidden = "…";

Error bad_url(std::string_view why) { return Error(ErrorCode::invalid_input, std::string(why)); }

/// What no part of a URL may hold; a backslash is a slash to some readers, and part of a name to others.
Result<void> check_characters(std::string_view text) {
  if (text.size() > limits::max_url_bytes) {
    return Error(ErrorCode::limit_exceeded,
                 "the URL is longer than " + std::to_string(limits::max_url_bytes) + " bytes");
  }
  const auto bad = [](char c) { return is_control(c) || c == ' ' || c == '\\'; };
  if (std::ranges::any_of(text, bad)) return bad_url("the URL has a blank, a backslash or a control character in it");
  return {};
}

/// The front up to the first of `ends`, which is cut off `text`.
std::string_view cut(std::string_view& text, std::string_view ends) {
  const auto front = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(front.size());
  return front;
}

/// The pieces of an absolute URL or a relative reference (RFC 3986 appendix B). The fragment is dropped.
struct Parts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
};

std::optional<std::string_view> take_scheme(std::string_view& text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(text.front())) return std::nullopt;
  const auto scheme = text.substr(0, colon);
  const auto fits = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  if (!std::ranges::all_of(scheme, fits)) return std::nullopt;
  text.remove_prefix(colon + 1);
  return scheme;
}

Parts split(std::string_view text) {
  Parts parts;
  text = text.substr(0, text.find('#'));
  parts.scheme = take_scheme(text);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    parts.authority = cut(text, "/?");
  }
  parts.path = cut(text, "?");
  if (!text.empty()) parts.query = text.substr(1);
  return parts;
}

/// RFC 3986 section 5.2.4, for a path that begins with `/`.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto end = path.find('/', 1);
    const auto segment = path.substr(0, end);  // `/name`
    const bool is_last = end == std::string_view::npos;
    path.remove_prefix(is_last ? path.size() : end);
    if (segment == "/.." && !out.empty()) out.resize(out.rfind('/'));
    if (segment == "/." || segment == "/..") {
      if (is_last) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const auto lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_value(text[i + 1]);
    const auto low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 0xfU];
}

/// As it was written, except for bytes that a terminal might obey.
std::string shown(std::string_view text) {
  std::string out;
  for (const auto c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::string shown_parameter(std::string_view parameter) {
  const auto name = parameter.substr(0, parameter.find('='));
  if (std::ranges::find(harmless_parameters, name) != harmless_parameters.end()) return shown(parameter);
  // Without an equals sign the whole of it could be the secret.
  if (name.size() == parameter.size()) return std::string(hidden);
  return shown(name).append("=").append(hidden);
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  DRAY_TRY(check_characters(text));
  const auto parts = split(text);
  if (!parts.scheme || !parts.authority) return bad_url("the URL does not begin with http:// or https://");
  const auto scheme = lower_case(*parts.scheme);
  if (scheme != "http" && scheme != "https") {
    return bad_url("the URL's scheme is " + scheme + "; only http and https can be used");
  }
  Url url;
  DRAY_TRY_ASSIGN(url.origin_, parse_origin(scheme, *parts.authority));
  url.path_ = parts.path.empty() ? "/" : std::string(parts.path);
  url.query_ = parts.query.value_or("");
  url.text_ = url.origin_.text() + url.path_;
  if (parts.query) url.text_.append("?").append(*parts.query);
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  DRAY_TRY(check_characters(reference));
  const auto parts = split(reference);
  if (parts.scheme) return parse(reference);
  if (parts.authority) return parse(origin_.scheme + ":" + std::string(reference));

  auto absolute = origin_.text();
  auto query = parts.query;
  if (parts.path.empty()) {
    absolute += path_;
    if (!query && text_.find('?') != std::string::npos) query = query_;
  } else if (parts.path.starts_with('/')) {
    absolute += without_dot_segments(parts.path);
  } else {
    absolute += without_dot_segments(path_.substr(0, path_.rfind('/') + 1).append(parts.path));
  }
  if (query) absolute.append("?").append(*query);
  return parse(absolute);
}

PrintableUrl Url::printable() const {
  auto out = origin_.text() + shown(path_);
  std::string_view rest = query_;
  char separator = '?';
  while (!rest.empty()) {
    const auto parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    if (parameter.empty()) continue;
    out += separator;
    out += shown_parameter(parameter);
    separator = '&';
  }
  return PrintableUrl(std::move(out));
}

Result<std::string> Url::query_value(std::string_view name) const {
  std::string_view rest = query_;
  while (!rest.empty()) {
    const auto parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    const auto equals = parameter.find('=');
    if (percent_decode(parameter.substr(0, equals)) != name) continue;
    auto value = percent_decode(equals == std::string_view::npos ? "" : parameter.substr(equals + 1));
    if (!value) return bad_url("the query parameter " + std::string(name) + " is not percent-encoded properly");
    return *std::move(value);
  }
  return Error(ErrorCode::not_found, "the URL has no query parameter " + std::string(name));
}

Url Url::with_query(std::string_view name, std::string_view value) const {
  Url copy = *this;
  if (!copy.query_.empty() && !copy.query_.ends_with('&')) copy.query_ += '&';
  copy.query_ += percent_encode(name) + "=" + percent_encode(value);
  copy.text_ = copy.origin_.text() + copy.path_ + "?" + copy.query_;
  return copy;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const auto c : text) {
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

}  // namespace dray::http
