#include <algorithm>
#include <array>
#include <charconv>
#include <dray/core/limits.hpp>
#include <dray/core/nearest.hpp>
#include <dray/format/yaml.hpp>
#include <dray/settings/sync_file.hpp>
#include <functional>
#include <span>
#include <utility>

namespace dray::settings {
namespace {

/// A key and what reads its value.
struct Key {
  std::string_view name;
  std::function<Result<void>(const Yaml&)> read;
};

constexpr std::array<std::string_view, 11> credential_keys{
    "auth", "auths", "authfile", "cred", "creds", "credentials", "username", "user", "password", "pass", "token"};
constexpr std::array<std::string_view, 4> schedule_keys{"schedule", "interval", "cron", "backup"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<SyncFile> read(const Yaml& document) {
    SyncChoice defaults;
    SyncFile result;
    // Defaults hold for entries above them too.
    if (document.kind == Yaml::Kind::map) {
      if (const auto* node = document.find("defaults")) {
        DRAY_TRY(map(*node, "defaults", choice_keys(defaults)));
      }
    }
    DRAY_TRY(map(document, "the file",
                 {{"version", [this](const Yaml& node) { return version(node); }},
                  {"defaults", [](const Yaml&) { return Result<void>(); }},
                  {"sync", [&](const Yaml& node) { return entries(node, defaults, result); }}}));
    if (document.find("version") == nullptr) return bad(document, "say which form this is: version: 1");
    if (result.entries.empty()) return bad(document, "nothing is to be copied: 'sync' must be a list of entries");
    return result;
  }

 private:
  [[nodiscard]] Error bad(const Yaml& node, const std::string& why) const { return yaml_error(file_, node, why); }

  [[nodiscard]] Error unknown(const Yaml::Member& member, const std::string& what, const std::vector<Key>& keys) const {
    const auto& key = member.key;
    if (is_one_of(key, credential_keys)) {
      return yaml_error(file_, member.line,
                        "'" + key +
                            "': credentials do not stand here; log in once with `dray login`, or see "
                            "docs/credentials.md for the places that are looked at");
    }
    if (is_one_of(key, schedule_keys)) {
      return yaml_error(file_, member.line,
                        "'" + key + "': when to run is left to cron; docs/sync.md has a line for it");
    }
    std::vector<std::string> names;
    for (const auto& known : keys) names.emplace_back(known.name);
    const auto best = nearest(key.substr(0, longest_key), names);
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
    return yaml_error(file_, member.line,
                      "'" + printable_key(key) + "' is not known in " + what +
                          (best.empty() ? "; there are: " + list : "; did you mean '" + best + "'?"));
  }

  static std::string printable_key(const std::string& key) {
    std::string text = key.substr(0, longest_key);
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
    return text;
  }

  [[nodiscard]] Result<void> map(const Yaml& node, const std::string& what, const std::vector<Key>& keys) const {
    if (node.kind != Yaml::Kind::map) return bad(node, what + " must be a map");
    for (const auto& member : node.members) {
      const auto key = std::ranges::find(keys, member.key, &Key::name);
      if (key == keys.end()) return unknown(member, what, keys);
      DRAY_TRY(key->read(member.value));
    }
    return {};
  }

  [[nodiscard]] Result<void> version(const Yaml& node) const {
    if (node.kind == Yaml::Kind::text && node.text == "1") return {};
    return bad(node, "'version' must be 1: this dray reads no other form");
  }

  Result<void> entries(const Yaml& node, const SyncChoice& defaults, SyncFile& result) const {
    if (node.kind != Yaml::Kind::list) return bad(node, "'sync' must be a list of entries");
    if (node.items.size() > limits::max_sync_entries) {
      return Error(ErrorCode::limit_exceeded,
                   file_ + ": there are more than " + std::to_string(limits::max_sync_entries) + " entries");
    }
    for (const auto& item : node.items) {
      DRAY_TRY_ASSIGN(auto one, entry(item, defaults));
      result.entries.push_back(std::move(one));
    }
    return {};
  }

  [[nodiscard]] Result<SyncEntry> entry(const Yaml& node, const SyncChoice& defaults) const {
    SyncEntry entry;
    entry.choice = defaults;
    entry.line = node.line;
    auto keys = choice_keys(entry.choice);
    keys.insert(
        keys.begin(),
        {{"source", [&](const Yaml& value) { return parsed(value, entry.source, "source", &Place::parse); }},
         {"registry", [&](const Yaml& value) { return parsed(value, entry.registry, "registry", &Registry::parse); }},
         {"repositories", [&](const Yaml& value) { return filter(value, entry.repositories, "repositories"); }},
         {"destination", [&](const Yaml& value) { return text(value, entry.destination, "destination"); }}});
    DRAY_TRY(map(node, "an entry", keys));
    DRAY_TRY(check(node, entry));
    return entry;
  }

  /// What only the whole entry shows.
  [[nodiscard]] Result<void> check(const Yaml& node, const SyncEntry& entry) const {
    if (entry.source.has_value() == entry.registry.has_value()) {
      return bad(node, "an entry must have either 'source' (one repository) or 'registry' (its catalog)");
    }
    if (const auto* repositories = node.find("repositories"); repositories != nullptr && !entry.registry) {
      return bad(*repositories, "'repositories' chooses from a catalog: it goes with 'registry'");
    }
    const auto* destination = node.find("destination");
    if (destination == nullptr) return bad(node, "an entry must have a 'destination'");
    const auto where = Place::parse(entry.registry ? entry.destination + "/x" : entry.destination);
    if (!where) return bad(*destination, "'destination': " + where.error().message());
    if (entry.source && *entry.source == *where) return bad(*destination, "source and destination are the same");
    return check_choice(node, entry.choice);
  }

  [[nodiscard]] Result<void> check_choice(const Yaml& node, const SyncChoice& choice) const {
    if (choice.sparse && choice.platforms.empty()) {
      return bad(node, "'sparse' needs the 'platforms' that are to be kept");
    }
    if (choice.no_clobber && choice.remove) return bad(node, "'delete' and 'no-clobber' contradict each other");
    return {};
  }

  [[nodiscard]] std::vector<Key> choice_keys(SyncChoice& choice) const {
    return {{"tags", [this, &choice](const Yaml& node) { return tags(node, choice); }},
            {"platforms", [this, &choice](const Yaml& node) { return platforms(node, choice.platforms); }},
            {"sparse", [this, &choice](const Yaml& node) { return flag(node, choice.sparse, "sparse"); }},
            {"foreign", [this, &choice](const Yaml& node) { return foreign(node, choice.foreign); }},
            {"referrers", [this, &choice](const Yaml& node) { return flag(node, choice.referrers, "referrers"); }},
            {"no-clobber", [this, &choice](const Yaml& node) { return flag(node, choice.no_clobber, "no-clobber"); }},
            {"delete", [this, &choice](const Yaml& node) { return flag(node, choice.remove, "delete"); }},
            {"delete-if-empty",
             [this, &choice](const Yaml& node) { return flag(node, choice.remove_if_empty, "delete-if-empty"); }},
            {"delete-limit",
             [this, &choice](const Yaml& node) -> Result<void> {
               DRAY_TRY_ASSIGN(choice.remove_limit, number(node, "delete-limit"));
               return {};
             }},
            {"keep-requests", [this, &choice](const Yaml& node) -> Result<void> {
               DRAY_TRY_ASSIGN(choice.keep_requests, number(node, "keep-requests"));
               return {};
             }}};
  }

  [[nodiscard]] Result<void> tags(const Yaml& node, SyncChoice& choice) const {
    choice.tags = {};
    choice.tag_names.clear();
    auto keys = filter_keys(choice.tags);
    keys.insert(keys.begin(), {"names", [&](const Yaml& list) {
                                 return each(list, "names", [&](const Yaml& item) -> Result<void> {
                                   DRAY_TRY_ASSIGN(auto tag, parse_tag(item.text));
                                   choice.tag_names.push_back(std::move(tag));
                                   return {};
                                 });
                               }});
    return map(node, "'tags'", keys);
  }

  [[nodiscard]] Result<void> filter(const Yaml& node, NameFilter& into, const std::string& what) const {
    into = {};
    return map(node, "'" + what + "'", filter_keys(into));
  }

  [[nodiscard]] std::vector<Key> filter_keys(NameFilter& into) const {
    return {{"include", [this, &into](const Yaml& node) { return patterns(node, into.include, "include"); }},
            {"exclude", [this, &into](const Yaml& node) { return patterns(node, into.exclude, "exclude"); }}};
  }

  [[nodiscard]] Result<void> patterns(const Yaml& node, std::vector<NamePattern>& into, std::string_view what) const {
    return each(node, what, [&](const Yaml& item) -> Result<void> {
      DRAY_TRY_ASSIGN(auto pattern, NamePattern::parse(item.text));
      into.push_back(std::move(pattern));
      return {};
    });
  }

  [[nodiscard]] Result<void> platforms(const Yaml& node, std::vector<Platform>& into) const {
    into.clear();
    return each(node, "platforms", [&](const Yaml& item) -> Result<void> {
      DRAY_TRY_ASSIGN(auto platform, Platform::parse(item.text));
      into.push_back(std::move(platform));
      return {};
    });
  }

  /// A list of texts; what is wrong with one is told with its line.
  [[nodiscard]] Result<void> each(const Yaml& node, std::string_view what,
                                  const std::function<Result<void>(const Yaml&)>& read) const {
    const auto name = "'" + std::string(what) + "'";
    if (node.kind != Yaml::Kind::list) return bad(node, name + " must be a list");
    if (node.items.size() > limits::max_sync_list_items) {
      return Error(ErrorCode::limit_exceeded, file_ + ":" + std::to_string(node.line) + ": " + name +
                                                  " has more than " + std::to_string(limits::max_sync_list_items) +
                                                  " items");
    }
    for (const auto& item : node.items) {
      if (item.kind != Yaml::Kind::text) return bad(item, name + " must hold texts");
      if (const auto done = read(item); !done) return at(item, what, done.error());
    }
    return {};
  }

  [[nodiscard]] Error at(const Yaml& node, std::string_view what, const Error& error) const {
    return bad(node, "'" + std::string(what) + "': " + error.message());
  }

  template <class T, class Parse>
  [[nodiscard]] Result<void> parsed(const Yaml& node, std::optional<T>& into, std::string_view what,
                                    Parse parse) const {
    std::string value;
    DRAY_TRY(text(node, value, what));
    auto result = parse(value);
    if (!result) return at(node, what, result.error());
    into = *std::move(result);
    return {};
  }

  [[nodiscard]] Result<void> text(const Yaml& node, std::string& into, std::string_view what) const {
    if (node.kind != Yaml::Kind::text) return bad(node, "'" + std::string(what) + "' must be a text");
    into = node.text;
    return {};
  }

  [[nodiscard]] Result<void> foreign(const Yaml& node, SyncForeign& into) const {
    static constexpr std::array words{std::pair{"include", SyncForeign::include}, std::pair{"keep", SyncForeign::keep},
                                      std::pair{"skip", SyncForeign::skip}};
    for (const auto& [word, meant] : words) {
      if (node.kind != Yaml::Kind::text || node.text != word) continue;
      into = meant;
      return {};
    }
    return bad(node, "'foreign' must be include, keep or skip");
  }

  [[nodiscard]] Result<void> flag(const Yaml& node, bool& into, std::string_view what) const {
    const auto set = node.as_bool();
    if (!set) return bad(node, "'" + std::string(what) + "' must be true or false");
    into = *set;
    return {};
  }

  [[nodiscard]] Result<std::uint64_t> number(const Yaml& node, std::string_view what) const {
    std::uint64_t value = 0;
    const auto* const end = node.text.data() + node.text.size();
    const auto [at, error] = std::from_chars(node.text.data(), end, value);
    if (node.kind != Yaml::Kind::text || node.text.empty() || error != std::errc() || at != end) {
      return bad(node, "'" + std::string(what) + "' must be a number from 0");
    }
    return value;
  }

  static constexpr std::size_t longest_key = 64;  // in messages
  const std::string& file_;
};

}  // namespace

Result<SyncFile> SyncFile::parse(std::string_view text, const std::string& file) {
  DRAY_TRY_ASSIGN(const auto document, Yaml::parse(text, file));
  return Reader(file).read(document);
}

}  // namespace dray::settings
