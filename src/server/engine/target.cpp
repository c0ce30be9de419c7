#include "engine/target.hpp"

#include <algorithm>
#include <dray/server/limits.hpp>
#include <utility>

#include "engine/characters.hpp"
#include "percent.hpp"

namespace dray::server::engine {
namespace {

/// Visible ASCII without what RFC 3986 has no place for; a fragment is not sent either.
bool is_target_char(char c) noexcept {
  return c > 0x20 && c < 0x7f && std::string_view("#\"<>\\^`{|}").find(c) == std::string_view::npos;
}

bool is_host_char(char c) noexcept {
  return is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

bool has_whole_escapes(std::string_view text) noexcept {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (text.size() - at < 3 || !is_hex_digit(text[at + 1]) || !is_hex_digit(text[at + 2])) return false;
  }
  return true;
}

std::optional<Refusal> parse_query(std::string_view text, Target& target) {
  while (!text.empty()) {
    const auto piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    if (target.query.size() == limits::max_parameters) return Refusal{400, "the request has too many parameters"};
    const auto equals = std::min(piece.find('='), piece.size());
    auto name = percent_decode(piece.substr(0, equals));
    auto value = percent_decode(piece.substr(std::min(piece.size(), equals + 1)));
    if (!name || !value) return Refusal{400, "a parameter is badly percent-encoded"};
    target.query.emplace_back(*std::move(name), *std::move(value));
  }
  return std::nullopt;
}

/// Takes `http://host:port` off the front.
bool take_authority(std::string_view& text, Target& target) {
  const auto scheme = text.substr(0, text.find("://"));
  if (!same_ignoring_case(scheme, "http") && !same_ignoring_case(scheme, "https")) return false;
  text.remove_prefix(scheme.size() + 3);
  const auto authority = text.substr(0, text.find_first_of("/?"));
  text.remove_prefix(authority.size());
  target.authority = authority;
  return !authority.empty() && is_host(authority);
}

}  // namespace

bool is_host(std::string_view text) noexcept { return consists_of<is_host_char>(text); }

std::optional<Refusal> parse_target(std::string_view text, Method method, Target& target) {
  if (text.size() > limits::max_target_bytes) return Refusal{414, "the request's target is too long"};
  if (!consists_of<is_target_char>(text)) return Refusal{400, "the request's target holds a character that it may not"};
  if (text == "*") {
    target.whole_server = true;
    if (method == Method::options) return std::nullopt;
    return Refusal{400, "only OPTIONS may ask for *"};
  }
  if (text.empty() || (text.front() != '/' && !take_authority(text, target)))
    return Refusal{400, "the request's target is no path"};
  const auto path = text.substr(0, text.find('?'));
  if (!has_whole_escapes(path)) return Refusal{400, "the path is badly percent-encoded"};
  target.path = path.empty() ? "/" : path;
  return parse_query(text.substr(std::min(text.size(), path.size() + 1)), target);
}

}  // namespace dray::server::engine
