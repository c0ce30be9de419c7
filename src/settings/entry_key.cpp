#include "entry_key.hpp"

#include <algorithm>
#include <array>

namespace dray::settings {
namespace {

constexpr std::string_view hub_key = "docker.io";
constexpr std::string_view hub_url = "https://index.docker.io/v1/";

bool remove_scheme(std::string_view& key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!key.starts_with(scheme)) continue;
    key.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

// Without a scheme and its last slash `/v1` is a namespace of that name.
bool means_whole_registry(std::string_view path, bool is_url) {
  static constexpr std::array<std::string_view, 4> always{"", "/", "/v1/", "/v2/"};
  static constexpr std::array<std::string_view, 2> in_urls{"/v1", "/v2"};
  const auto is_path = [&](std::string_view other) { return path == other; };
  return std::ranges::any_of(always, is_path) || (is_url && std::ranges::any_of(in_urls, is_path));
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::optional<EntryKey> parse_entry_key(std::string_view key) {
  const bool is_url = remove_scheme(key);
  const auto slash = std::min(key.find('/'), key.size());
  const auto path = key.substr(slash);
  auto host = lower_case(key.substr(0, slash));
  if (host.empty() || host.find_first_of("@ \t\r\n") != std::string::npos) return std::nullopt;
  if (host == "index.docker.io" || host == "registry-1.docker.io") host = hub_key;
  if (means_whole_registry(path, is_url)) return EntryKey{std::move(host), {}};
  if (is_url || !check_repository_path(path.substr(1))) return std::nullopt;
  return EntryKey{std::move(host), std::string(path.substr(1))};
}

std::string registry_key(const Registry& registry) { return lower_case(registry.text()); }

std::string docker_spelling(std::string_view registry_key) {
  return std::string(registry_key == hub_key ? hub_url : registry_key);
}

}  // namespace dray::settings
