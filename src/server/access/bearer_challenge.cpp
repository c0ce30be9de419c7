#include "bearer_challenge.hpp"

#include <algorithm>

#include "scope.hpp"

namespace dray::server {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_host_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

bool is_port(std::string_view text) {
  return text.size() > 1 && text.size() <= 6 && text.front() == ':' && std::ranges::all_of(text.substr(1), is_digit);
}

std::string url_of(const BearerRealm& realm, const Request& request) {
  if (realm.url) return *realm.url;
  const auto hosts = request.headers.all("Host");
  // Clients take a relative one against the registry's own URL.
  if (hosts.size() != 1 || !is_plain_host(hosts.front())) return realm.path;
  return std::string(request.secure ? "https://" : "http://").append(hosts.front()).append(realm.path);
}

}  // namespace

bool is_plain_host(std::string_view host) noexcept {
  if (host.size() > 255) return false;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    const auto address = host.substr(1, end - 1);
    const auto port = host.substr(end + 1);
    return address.size() >= 2 &&
           std::ranges::all_of(address, [](char c) { return is_hex(c) || c == ':' || c == '.'; }) &&
           (port.empty() || is_port(port));
  }
  const auto colon = host.find(':');
  const auto name = host.substr(0, colon);
  return !name.empty() && std::ranges::all_of(name, is_host_char) &&
         (colon == std::string_view::npos || is_port(host.substr(colon)));
}

bool is_quotable(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

std::string bearer_challenge(const BearerRealm& realm, const Request& request, std::span<const Need> needs,
                             std::string_view error) {
  std::string text = "Bearer realm=\"" + url_of(realm, request) + "\",service=\"" + realm.service + "\"";
  if (!needs.empty()) text.append(",scope=\"").append(scope_text(scopes_for(needs))).append("\"");
  if (!error.empty()) text.append(",error=\"").append(error).append("\"");
  return text;
}

}  // namespace dray::server
