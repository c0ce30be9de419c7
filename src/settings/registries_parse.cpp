// The only file that includes toml++, as a header alone: nothing of it is left in the library.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>
#include <dray/settings/registries.hpp>
#include <utility>

#include "registries_location.hpp"

namespace dray::settings {
namespace {

constexpr std::size_t max_warnings = 100;

/// Where a key has its meaning.
struct KnownKey {
  std::string_view name;
  std::string_view home;  ///< Empty: at the top.
};
constexpr std::string_view in_registry = "[[registry]]";
constexpr std::string_view in_mirror = "[[registry.mirror]]";
constexpr std::array known_keys{
    KnownKey{"registry", ""},
    KnownKey{"unqualified-search-registries", ""},
    KnownKey{"short-name-mode", ""},
    KnownKey{"credential-helpers", ""},
    KnownKey{"aliases", ""},
    KnownKey{"additional-layer-store-auth-helper", ""},
    KnownKey{"prefix", in_registry},
    KnownKey{"location", in_registry},
    KnownKey{"location", in_mirror},
    KnownKey{"insecure", in_registry},
    KnownKey{"insecure", in_mirror},
    KnownKey{"blocked", in_registry},
    KnownKey{"mirror-by-digest-only", in_registry},
    KnownKey{"mirror", in_registry},
    KnownKey{"pull-from-mirror", in_mirror},
};

/// What version 1 had.
constexpr std::string_view version_1 = "registries";

bool is_known(std::string_view key, std::string_view place) {
  return std::ranges::any_of(known_keys, [&](const KnownKey& k) { return k.name == key && k.home == place; });
}

std::string_view home_of(std::string_view key) {
  const auto* const found = std::ranges::find(known_keys, key, &KnownKey::name);
  if (found == known_keys.end()) return "nowhere";
  return found->home.empty() ? "at the top, before the first [[registry]]" : found->home;
}

std::string place_name(std::string_view place) { return place.empty() ? "at the top" : "in " + std::string(place); }

}  // namespace

/// Reads one document.
class RegistriesReader {
 public:
  explicit RegistriesReader(const std::string& file) : file_(file) {}

  Result<Registries> read(std::string_view text) {
    DRAY_TRY(check_lines(text));
    const auto document = toml::parse(text, std::string_view(file_));
    if (!document) {
      const auto& error = document.error();
      return bad(error.source().begin.line, std::string(error.description()));
    }
    const auto& table = document.table();
    warn_of_strangers(table, "");
    note_unused(table);
    DRAY_TRY(read_rules(table));
    return std::move(result_);
  }

 private:
  // Dots make tables inside one another, and toml++ takes them apart by recursion.
  Result<void> check_lines(std::string_view text) {
    std::size_t line = 1;
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      if (end > limits::max_settings_line_bytes) {
        return Error(ErrorCode::limit_exceeded, at(line) + ": the line is longer than " +
                                                    std::to_string(limits::max_settings_line_bytes) + " bytes");
      }
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line;
    }
    return {};
  }

  [[nodiscard]] FileLine where(const toml::node& node) const { return {file_, node.source().begin.line}; }
  [[nodiscard]] std::string at(std::size_t line) const { return FileLine{file_, line}.text(); }
  [[nodiscard]] Error bad(std::size_t line, const std::string& why) const {
    return {ErrorCode::invalid_input, at(line) + ": " + why};
  }
  [[nodiscard]] Error bad(const toml::node& node, const std::string& why) const {
    return bad(node.source().begin.line, why);
  }

  void warn(std::size_t line, const std::string& text) {
    if (result_.warnings_.size() < max_warnings) result_.warnings_.push_back(at(line) + ": " + text);
  }

  void warn_of_strangers(const toml::table& table, std::string_view place) {
    for (const auto& [key, value] : table) {
      const auto name = std::string(key.str());
      if (is_known(name, place)) continue;
      const auto line = key.source().begin.line;
      if (place.empty() && name == version_1) {
        warn(line, "[registries] is of version 1, which is not read: write [[registry]] tables");
      } else if (home_of(name) == "nowhere") {
        warn(line, "'" + name + "' is not known " + place_name(place) + " and has no effect");
      } else {
        warn(line, "'" + name + "' has no effect " + place_name(place) + ": it belongs " +
                       (home_of(name).starts_with('[') ? "into " : "") + std::string(home_of(name)));
      }
    }
  }

  void note_unused(const toml::table& table) {
    for (const auto& [key, reason] :
         {std::pair{"unqualified-search-registries", "names without a registry are Docker Hub's, as docker reads them"},
          std::pair{"short-name-mode", "names without a registry are Docker Hub's, as docker reads them"},
          std::pair{"aliases", "names without a registry are Docker Hub's, as docker reads them"},
          std::pair{"credential-helpers", "helpers are those of docker's config.json"}}) {
      const auto* const node = table.get(key);
      if (node == nullptr) continue;
      result_.notes_.push_back(where(*node).text() + ": '" + key + "' is ignored: " + reason);
    }
  }

  Result<void> read_rules(const toml::table& table) {
    const auto* const node = table.get("registry");
    if (node == nullptr) return {};
    const auto* const rules = node->as_array();
    if (rules == nullptr) return bad(*node, "'registry' is no list of tables: write [[registry]] before its keys");
    if (rules->size() > limits::max_registry_rules) {
      return Error(ErrorCode::limit_exceeded,
                   file_ + ": more than " + std::to_string(limits::max_registry_rules) + " [[registry]] tables");
    }
    for (const auto& entry : *rules) {
      const auto* const rule = entry.as_table();
      if (rule == nullptr) return bad(entry, "an entry of 'registry' is no table");
      DRAY_TRY(read_rule(*rule));
    }
    return {};
  }

  Result<void> read_rule(const toml::table& table) {
    warn_of_strangers(table, in_registry);
    RegistryRule rule;
    rule.where = where(table);
    DRAY_TRY_ASSIGN(const auto location, text_of(table, "location"));
    DRAY_TRY_ASSIGN(const auto prefix, text_of(table, "prefix"));
    if (!location && (!prefix || !prefix->starts_with("*."))) {
      return bad(table, "a [[registry]] without a location: only a prefix *.HOST goes without one");
    }
    if (location) {
      auto read = parse_location(*location);
      if (!read) return bad(*table.get("location"), read.error().message());
      rule.location = *std::move(read);
    }
    const auto* const prefix_at = table.get(prefix ? "prefix" : "location");
    auto read_prefix = parse_prefix(prefix && !prefix->empty() ? *prefix : *location);
    if (!read_prefix && read_prefix.error().code() == ErrorCode::unsupported) {
      warn(prefix_at->source().begin.line, "a prefix with a tag or a digest has no effect: name the repository");
      return {};
    }
    if (!read_prefix) return bad(*prefix_at, read_prefix.error().message());
    rule.prefix = *std::move(read_prefix);
    DRAY_TRY_ASSIGN(rule.insecure, flag_of(table, "insecure"));
    DRAY_TRY_ASSIGN(rule.blocked, flag_of(table, "blocked"));
    DRAY_TRY(read_mirrors(table, rule));
    const auto same = std::ranges::find(result_.rules_, rule.prefix, &RegistryRule::prefix);
    if (same != result_.rules_.end()) {
      warn(table.source().begin.line, "a second [[registry]] for '" + rule.prefix + "' has no effect: that of line " +
                                          std::to_string(same->where.line) + " is read");
      return {};
    }
    result_.rules_.push_back(std::move(rule));
    return {};
  }

  Result<void> read_mirrors(const toml::table& table, RegistryRule& rule) {
    DRAY_TRY_ASSIGN(const bool digests_only, flag_of(table, "mirror-by-digest-only"));
    const auto* const node = table.get("mirror");
    if (node == nullptr) return {};
    const auto* const mirrors = node->as_array();
    if (mirrors == nullptr) return bad(*node, "'mirror' is no list of tables: write [[registry.mirror]]");
    if (mirrors->size() > limits::max_registry_mirrors) {
      return Error(ErrorCode::limit_exceeded,
                   where(*node).text() + ": more than " + std::to_string(limits::max_registry_mirrors) + " mirrors");
    }
    for (const auto& entry : *mirrors) {
      const auto* const mirror = entry.as_table();
      if (mirror == nullptr) return bad(entry, "an entry of 'mirror' is no table");
      DRAY_TRY_ASSIGN(auto read, read_mirror(*mirror, digests_only));
      rule.mirrors.push_back(std::move(read));
    }
    return {};
  }

  Result<MirrorRule> read_mirror(const toml::table& table, bool digests_only) {
    warn_of_strangers(table, in_mirror);
    MirrorRule mirror;
    mirror.where = where(table);
    mirror.use = digests_only ? client::MirrorUse::digests : client::MirrorUse::all;
    DRAY_TRY_ASSIGN(const auto location, text_of(table, "location"));
    if (!location) return bad(table, "a [[registry.mirror]] without a location");
    auto read = parse_location(*location);
    if (!read) return bad(*table.get("location"), read.error().message());
    mirror.location = *std::move(read);
    DRAY_TRY_ASSIGN(mirror.insecure, flag_of(table, "insecure"));
    DRAY_TRY_ASSIGN(const auto use, text_of(table, "pull-from-mirror"));
    if (!use) return mirror;
    if (digests_only) return bad(table, "pull-from-mirror beside mirror-by-digest-only: say it in one of the two");
    if (*use == "all") return mirror;
    mirror.use = *use == "digest-only" ? client::MirrorUse::digests : client::MirrorUse::tags;
    if (*use == "digest-only" || *use == "tag-only") return mirror;
    return bad(*table.get("pull-from-mirror"),
               "pull-from-mirror takes all, digest-only or tag-only, not '" + *use + "'");
  }

  Result<std::optional<std::string>> text_of(const toml::table& table, std::string_view key) {
    const auto* const node = table.get(key);
    if (node == nullptr) return std::optional<std::string>();
    const auto* const text = node->as_string();
    if (text == nullptr) return bad(*node, "'" + std::string(key) + "' is no text in quotes");
    return std::optional<std::string>(text->get());
  }

  Result<bool> flag_of(const toml::table& table, std::string_view key) {
    const auto* const node = table.get(key);
    if (node == nullptr) return false;
    const auto* const flag = node->as_boolean();
    if (flag == nullptr) return bad(*node, "'" + std::string(key) + "' is neither true nor false");
    return flag->get();
  }

  const std::string& file_;
  Registries result_;
};

Result<Registries> Registries::parse(std::string_view text, const std::string& file) {
  return RegistriesReader(file).read(text);
}

}  // namespace dray::settings
