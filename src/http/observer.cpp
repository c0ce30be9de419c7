#include <dray/http/observer.hpp>

#include <algorithm>
#include <array>

#include "text.hpp"

namespace dray::http {
namespace {

constexpr std::string_view hidden = "…";

bool holds_secret(std::string_view name) {
  if (equal_without_case(name, "WWW-Authenticate")) return false;
  constexpr auto telling = std::to_array<std::string_view>(
      {"auth", "cookie", "token", "secret", "key", "signature", "password", "credential", "session"});
  return std::ranges::any_of(telling, [&](auto part) { return contains_without_case(name, part); });
}

bool holds_url(std::string_view name) {
  return equal_without_case(name, "Location") || equal_without_case(name, "Content-Location") ||
         equal_without_case(name, "Referer");
}

/// A relative one is shown without the base that made it absolute.
std::string shown_url(const std::string& value) {
  if (const auto url = Url::parse(value)) return url->printable().text();
  constexpr std::string_view base_text = "http://relative.invalid";
  const auto base = Url::parse(base_text);
  const auto resolved = base ? base->resolve(value) : base;
  if (!resolved || resolved->origin() != base->origin()) return std::string(hidden);
  return resolved->printable().text().substr(base_text.size());
}

/// `<…>; rel="next"`: the target is shown as a URL.
std::string shown_link(const std::string& value) {
  const auto open = value.find('<');
  const auto close = value.find('>');
  if (open != 0 || close == std::string::npos || value.find('<', close) != std::string::npos) {
    return std::string(hidden);
  }
  return "<" + shown_url(value.substr(1, close - 1)) + value.substr(close);
}

}  // namespace

Headers printable(const Headers& headers) {
  Headers shown;
  for (const auto& [name, value] : headers.lines()) {
    if (holds_secret(name)) {
      shown.add(name, std::string(hidden));
    } else if (holds_url(name)) {
      shown.add(name, shown_url(value));
    } else if (equal_without_case(name, "Link")) {
      shown.add(name, shown_link(value));
    } else {
      shown.add(name, value);
    }
  }
  return shown;
}

}  // namespace dray::http
