#include <dray/settings/registries.hpp>

#include <algorithm>
#include <utility>

#include "entry_key.hpp"

namespace dray::settings {
namespace {

std::string key_of(const RepositoryName& name) { return registry_key(name.registry()) + "/" + name.path(); }

/// How many characters of `name` the prefix covers; nullopt when it does not hold it.
std::optional<std::size_t> covered(std::string_view prefix, std::string_view name) {
  if (!prefix.starts_with("*.")) {
    if (!name.starts_with(prefix)) return std::nullopt;
    if (name.size() > prefix.size() && name[prefix.size()] != '/') return std::nullopt;
    return prefix.size();
  }
  const auto registry = name.substr(0, name.find('/'));
  const auto tail = prefix.substr(1);  // ".example.com" or ".example.com:5000"
  const auto colon = registry.starts_with('[') ? std::string_view::npos : registry.find(':');
  const auto host = tail.find(':') == std::string_view::npos ? registry.substr(0, colon) : registry;
  if (host.size() <= tail.size() || !host.ends_with(tail)) return std::nullopt;
  return registry.size();
}

std::string_view registry_of(std::string_view prefix) { return prefix.substr(0, prefix.find('/')); }

std::string_view path_of(std::string_view prefix) {
  const auto slash = prefix.find('/');
  return slash == std::string_view::npos ? std::string_view() : prefix.substr(slash + 1);
}

/// `location` in the place of what the prefix covers.
Result<RepositoryName> moved(const Location& location, std::string_view rest, const FileLine& where) {
  if (rest.starts_with('/')) rest.remove_prefix(1);
  auto path = location.path;
  if (!path.empty() && !rest.empty()) path += '/';
  path += rest;
  auto registry = Registry::parse(location.registry);
  if (!registry) return std::move(registry).error().context(where.text());
  auto name = RepositoryName::make(*std::move(registry), path);
  if (!name) return std::move(name).error().context(where.text());
  return name;
}

}  // namespace

std::string FileLine::text() const { return file + " line " + std::to_string(line); }

void Registries::add(Registries later) {
  for (auto& rule : later.rules_) {
    const auto same = std::ranges::find(rules_, rule.prefix, &RegistryRule::prefix);
    if (same == rules_.end()) {
      rules_.push_back(std::move(rule));
    } else {
      *same = std::move(rule);
    }
  }
  std::ranges::move(later.warnings_, std::back_inserter(warnings_));
  std::ranges::move(later.notes_, std::back_inserter(notes_));
}

const RegistryRule* Registries::find(const RepositoryName& name) const {
  const auto key = key_of(name);
  const RegistryRule* longest = nullptr;
  for (const auto& rule : rules_) {
    if (!covered(rule.prefix, key)) continue;
    if (longest == nullptr || rule.prefix.size() > longest->prefix.size()) longest = &rule;
  }
  return longest;
}

Result<client::Places> Registries::places(const RepositoryName& name) const {
  const auto* const rule = find(name);
  if (rule == nullptr) return client::Places{name};
  const auto entry = "[[registry]] '" + rule->prefix + "' of " + rule->where.text();
  if (rule->blocked) {
    return Error(ErrorCode::denied,
                 name.text() + " is blocked by " + entry + "; --no-registries-conf goes without these settings");
  }
  const auto key = key_of(name);
  const auto rest = std::string_view(key).substr(*covered(rule->prefix, key));
  client::Places places{name, {}, entry};
  const auto stays = Location{std::string(registry_of(rule->prefix)), std::string(path_of(rule->prefix))};
  if (rule->location && *rule->location != stays) {
    DRAY_TRY_ASSIGN(places.original, moved(*rule->location, rest, rule->where));
  }
  for (const auto& mirror : rule->mirrors) {
    DRAY_TRY_ASSIGN(auto at, moved(mirror.location, rest, mirror.where));
    places.mirrors.push_back({std::move(at), mirror.use});
  }
  return places;
}

namespace {

struct Mentions {
  bool insecure = false;
  bool secure = false;
  bool as_registry = false;
  bool as_mirror = false;
};

Mentions mentions_of(const std::vector<RegistryRule>& rules, std::string_view registry) {
  Mentions all;
  const auto mention = [&](bool insecure) { (insecure ? all.insecure : all.secure) = true; };
  for (const auto& rule : rules) {
    const auto target = rule.location ? rule.location->registry : std::string(registry_of(rule.prefix));
    const bool is_meant = target == registry || (!rule.location && covered(rule.prefix, std::string(registry) + "/") &&
                                                 target.starts_with('*'));
    if (is_meant) {
      all.as_registry = true;
      mention(rule.insecure);
    }
    for (const auto& mirror : rule.mirrors) {
      if (mirror.location.registry != registry) continue;
      all.as_mirror = true;
      mention(mirror.insecure);
    }
  }
  return all;
}

}  // namespace

bool Registries::is_insecure(std::string_view registry) const {
  const auto all = mentions_of(rules_, registry);
  return all.insecure && !all.secure;
}

bool Registries::is_mirror_only(std::string_view registry) const {
  const auto all = mentions_of(rules_, registry);
  return all.as_mirror && !all.as_registry;
}

}  // namespace dray::settings
