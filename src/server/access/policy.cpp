#include "policy.hpp"

#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>
#include <dray/format/yaml.hpp>
#include <optional>
#include <span>
#include <utility>

namespace dray::server {
namespace {

bool is_pattern_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("._-/*").find(c) != std::string_view::npos;
}

/// Reads the rules; `file` is for messages.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  [[nodiscard]] Result<std::vector<Policy::Rule>> rules(const Yaml& document) const {
    std::vector<Policy::Rule> rules;
    DRAY_TRY(check_map(document, "the file", std::array<std::string_view, 1>{"rules"}));
    const auto* const list = document.find("rules");
    if (list == nullptr || list->kind != Yaml::Kind::list) {
      return yaml_error(file_, list == nullptr ? document : *list, "'rules' must be a list");
    }
    for (const auto& item : list->items) {
      DRAY_TRY_ASSIGN(auto one, rule(item));
      rules.push_back(std::move(one));
    }
    return rules;
  }

 private:
  [[nodiscard]] Result<Policy::Rule> rule(const Yaml& node) const {
    DRAY_TRY(check_map(node, "a rule", std::array<std::string_view, 4>{"users", "repositories", "actions", "catalog"}));
    Policy::Rule rule;
    DRAY_TRY_ASSIGN(rule.users, texts(node, "users", &check_user));
    DRAY_TRY_ASSIGN(rule.repositories, texts(node, "repositories", &check_pattern));
    DRAY_TRY_ASSIGN(const auto words, texts(node, "actions", &check_action));
    for (const auto& word : words) rule.actions.push_back(*action_of(word));
    DRAY_TRY_ASSIGN(rule.catalog, flag(node, "catalog"));
    if (rule.users.empty()) return yaml_error(file_, node, "a rule must name its users");
    if (rule.repositories.empty() != rule.actions.empty()) {
      return yaml_error(file_, node, "a rule must have both repositories and actions, or neither");
    }
    if (rule.repositories.empty() && !rule.catalog) return yaml_error(file_, node, "a rule must allow something");
    return rule;
  }

  [[nodiscard]] Result<void> check_map(const Yaml& node, std::string_view what,
                                       std::span<const std::string_view> known) const {
    if (node.kind != Yaml::Kind::map) return yaml_error(file_, node, std::string(what) + " must be a map");
    for (const auto& [key, value, line] : node.members) {
      if (std::ranges::find(known, key) == known.end()) {
        return yaml_error(file_, value, "'" + shown(key) + "' is not known here");
      }
    }
    return {};
  }

  /// A list of texts, each of them checked; empty where it is absent.
  [[nodiscard]] Result<std::vector<std::string>> texts(const Yaml& node, std::string_view key,
                                                       const char* (*check)(std::string_view)) const {
    std::vector<std::string> texts;
    const auto* const list = node.find(key);
    if (list == nullptr) return texts;
    if (list->kind != Yaml::Kind::list) return yaml_error(file_, *list, "'" + std::string(key) + "' must be a list");
    if (list->items.empty()) return yaml_error(file_, *list, "'" + std::string(key) + "' is empty");
    for (const auto& item : list->items) {
      if (item.kind != Yaml::Kind::text) return yaml_error(file_, item, "'" + std::string(key) + "' must hold texts");
      if (const char* const why = check(item.text); why != nullptr) return yaml_error(file_, item, why);
      texts.push_back(item.text);
    }
    return texts;
  }

  [[nodiscard]] Result<bool> flag(const Yaml& node, std::string_view key) const {
    const auto* const value = node.find(key);
    if (value == nullptr) return false;
    const auto set = value->as_bool();
    if (!set) return yaml_error(file_, *value, "'" + std::string(key) + "' must be true or false");
    return *set;
  }

  static const char* check_user(std::string_view text) {
    if (text.empty() || text.find(':') != std::string_view::npos) return "a user's name is empty or has a ':'";
    return nullptr;
  }
  static const char* check_pattern(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, is_pattern_char)) {
      return "a repository may have lower-case letters, digits, '.', '_', '-', '/' and '*' alone";
    }
    if (text.find("***") != std::string_view::npos) return "'***' means nothing";
    if (text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string_view::npos) {
      return "a repository's name has an empty part";
    }
    return nullptr;
  }
  static const char* check_action(std::string_view text) {
    return action_of(text) ? nullptr : "an action must be pull, push or delete";
  }
  static std::optional<Action> action_of(std::string_view text) {
    for (const auto action : {Action::pull, Action::push, Action::remove}) {
      if (text == name(action)) return action;
    }
    return std::nullopt;
  }
  static std::string shown(std::string_view key) {
    std::string text(key.substr(0, 40));
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
  }

  const std::string& file_;
};

bool names(const Policy::Rule& rule, std::string_view user) {
  return std::ranges::any_of(rule.users, [&](const std::string& named) {
    if (named == "anonymous") return true;
    return !user.empty() && (named == "*" || named == user);
  });
}

bool allows_action(const Policy::Rule& rule, const Need& need) {
  return std::ranges::find(rule.actions, need.action) != rule.actions.end() &&
         std::ranges::any_of(rule.repositories,
                             [&](const std::string& pattern) { return fits_pattern(pattern, need.repository); });
}

class PolicyPermissions final : public Permissions {
 public:
  explicit PolicyPermissions(std::unique_ptr<WatchedFile<Policy>> file) : file_(std::move(file)) {}
  [[nodiscard]] bool allow(std::string_view user, const Need& need) override {
    return file_->current()->allows(user, need);
  }
  [[nodiscard]] bool allow_anonymous() override { return file_->current()->allows_anonymous(); }

 private:
  std::unique_ptr<WatchedFile<Policy>> file_;
};

}  // namespace

Result<Policy> Policy::parse(std::string_view text, const std::string& file) {
  DRAY_TRY_ASSIGN(const auto document, Yaml::parse(text, file));
  Policy policy;
  DRAY_TRY_ASSIGN(policy.rules_, Reader(file).rules(document));
  return policy;
}

bool Policy::allows(std::string_view user, const Need& need) const noexcept {
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    return names(rule, user) &&
           (need.repository.empty() ? rule.catalog && need.action == Action::pull : allows_action(rule, need));
  });
}

bool Policy::allows_anonymous() const noexcept {
  return std::ranges::any_of(rules_, [](const Rule& rule) { return names(rule, {}); });
}

bool fits_pattern(std::string_view pattern, std::string_view name) noexcept {
  // Which fronts of the name fit the front of the pattern that was read so far; so no pattern takes long.
  std::array<bool, dray::limits::max_name_chars + 1> table{};
  if (name.size() > dray::limits::max_name_chars) return false;
  const std::span fits(table.data(), name.size() + 1);
  fits[0] = true;
  while (!pattern.empty()) {
    const bool all = pattern.starts_with("**");
    const bool star = pattern.front() == '*';
    if (star) {
      for (std::size_t i = 1; i < fits.size(); ++i) fits[i] = fits[i] || (fits[i - 1] && (all || name[i - 1] != '/'));
    } else {
      for (std::size_t i = fits.size() - 1; i > 0; --i) fits[i] = fits[i - 1] && name[i - 1] == pattern.front();
      fits[0] = false;
    }
    pattern.remove_prefix(all ? 2 : 1);
  }
  return fits.back();
}

std::unique_ptr<Permissions> policy_permissions(std::unique_ptr<WatchedFile<Policy>> file) {
  return std::make_unique<PolicyPermissions>(std::move(file));
}

}  // namespace dray::server
