#include "token_trust.hpp"

#include <dray/http/address.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace dray::client {
namespace {

constexpr std::uint16_t https_port = 443;

struct Pair {
  std::string_view registry;
  std::string_view token_server;
};

/// Whole names, never patterns: a pattern could be met by a look-alike.
constexpr auto known_pairs = std::to_array<Pair>({
    // Docker Hub. Source: distribution, docs/spec/auth/token.md, whose example is its challenge.
    {"registry-1.docker.io", "auth.docker.io"},
    {"index.docker.io", "auth.docker.io"},
    {"docker.io", "auth.docker.io"},
    // Unverified: from general knowledge of their challenges.
    {"nvcr.io", "authn.nvidia.com"},
    {"registry.digitalocean.com", "api.digitalocean.com"},
});

bool is_known_pair(std::string_view registry, std::string_view realm) {
  return std::any_of(known_pairs.begin(), known_pairs.end(),
                     [&](const Pair& pair) { return pair.registry == registry && pair.token_server == realm; });
}

/// `b.c` is one of `a.b.c`. A parent of one label would be a whole top-level domain.
bool is_parent(std::string_view parent, std::string_view child) {
  return parent.find('.') != std::string_view::npos && child.size() > parent.size() + 1 && child.ends_with(parent) &&
         child[child.size() - parent.size() - 1] == '.';
}

bool is_name(const http::Origin& origin) { return !http::classify_host(origin.host); }

bool is_named(const http::Origin& realm, const std::set<std::string>& named) {
  return std::any_of(named.begin(), named.end(), [&](const std::string& name) {
    const bool whole = name.find("://") != std::string::npos;
    const auto url = http::Url::parse(whole ? name : realm.scheme + "://" + name + "/");
    return url && url->origin() == realm;
  });
}

}  // namespace

TokenServerTrust judge_token_server(const http::Origin& registry, const http::Origin& realm,
                                    const std::set<std::string>& named) {
  if (registry == realm) return TokenServerTrust::own_origin;
  if (is_named(realm, named)) return TokenServerTrust::named;
  if (!realm.is_secure() || realm.port != https_port) return TokenServerTrust::none;
  if (is_known_pair(registry.host, realm.host)) return TokenServerTrust::known_pair;
  const bool related = is_parent(realm.host, registry.host) || is_parent(registry.host, realm.host);
  // Another port of the registry's host can be another tenant's, and so can its parent's beside it.
  const bool usual = registry.is_secure() && registry.port == https_port;
  if (related && usual && is_name(registry) && is_name(realm)) return TokenServerTrust::same_domain;
  return TokenServerTrust::none;
}

}  // namespace dray::client
