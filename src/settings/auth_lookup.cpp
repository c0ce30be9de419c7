#include "auth_lookup.hpp"

#include <algorithm>

namespace dray::settings {
namespace {

constexpr std::string_view our_own_name = "dray";

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// One look through a document.
class Search {
 public:
  Search(const AuthDocument& document, const std::string& origin, const EntryKey& wanted, HelperAnswers* helpers,
         AskHelpers ask)
      : document_(document), origin_(origin), wanted_(wanted), helpers_(helpers), ask_(ask) {}

  Result<Looked> run() {
    for (auto key = wanted_; !key.path.empty(); key.path = parent(key.path)) {
      DRAY_TRY(try_entry(key));
      if (found_.credential) return std::move(found_);
    }
    const auto own = document_.helper_of.find(wanted_.registry);
    if (own != document_.helper_of.end()) DRAY_TRY(try_helper(own->second, "credHelpers"));
    if (!done() && !document_.helper_of_all.empty()) DRAY_TRY(try_helper(document_.helper_of_all, "credsStore"));
    if (!done()) DRAY_TRY(try_entry({wanted_.registry, {}}));
    if (!found_.credential && found_.says.empty()) found_.says = why_nothing();
    return std::move(found_);
  }

 private:
  static std::string parent(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
  }

  [[nodiscard]] bool done() const { return found_.credential || found_.has_helper; }

  void say(const std::string& text) { found_.says += (found_.says.empty() ? "" : "; ") + text; }

  Result<void> try_entry(const EntryKey& key) {
    const auto* const entry = document_.find(key);
    if (entry == nullptr) return {};
    if (!entry->login) return Error(entry->login.error()).context(origin_);
    if (entry->login->is_empty()) {
      say("entry " + in_quotes(entry->key) + " is empty");
      return {};
    }
    found_.credential =
        credential_of(*entry->login, key.path.empty() ? origin_ : origin_ + " (entry " + in_quotes(entry->key) + ")");
    found_.says = "entry " + in_quotes(entry->key);
    return {};
  }

  Result<void> try_helper(const std::string& helper, std::string_view member) {
    const auto program = helper_program(helper);
    const auto named = program + " (" + std::string(member) + ")";
    if (helper == our_own_name || helpers_ == nullptr) {
      say(named + " is not asked by itself");
      return {};
    }
    if (ask_ == AskHelpers::no) {
      say(named + " was not asked");
      found_.has_helper = true;
      return {};
    }
    DRAY_TRY_ASSIGN(const auto login,
                    helpers_->get(helper, docker_spelling(wanted_.registry)).transform_error([&](Error error) {
                      return std::move(error).context(origin_ + ": " + std::string(member));
                    }));
    if (!login) {
      say(named + " has nothing for it");
      return {};
    }
    found_.credential = credential_of(*login, program + ", which " + origin_ + " names");
    found_.says = named;
    return {};
  }

  // What is there for the same registry, so that a wrong path is seen.
  [[nodiscard]] std::string why_nothing() const {
    std::string others;
    for (const auto& entry : document_.entries) {
      if (entry.where.registry == wanted_.registry) others += (others.empty() ? "" : ", ") + in_quotes(entry.key);
    }
    if (!others.empty()) return "its entries are for other repositories: " + others;
    return "no entry for " + wanted_.registry;
  }

  const AuthDocument& document_;
  const std::string& origin_;
  const EntryKey& wanted_;
  HelperAnswers* helpers_;
  AskHelpers ask_;
  Looked found_;
};

}  // namespace

Result<Looked> look_in(const AuthDocument& document, const std::string& origin, const EntryKey& wanted,
                       HelperAnswers* helpers, AskHelpers ask) {
  DRAY_TRY_ASSIGN(auto looked, Search(document, origin, wanted, helpers, ask).run());
  for (const auto& ignored : document.ignored) looked.says += "; ignored: " + ignored;
  return looked;
}

std::vector<KnownLogin> logins_in(const AuthDocument& document) {
  std::vector<KnownLogin> logins;
  for (const auto& entry : document.entries) {
    if (entry.where.path.empty() && entry.login) {
      logins.push_back({docker_spelling(entry.where.registry), entry.login->username});
    }
  }
  return logins;
}

client::Credential credential_of(const Login& login, std::string origin) {
  return {login.username, login.password, std::move(origin), login.identity_token, login.registry_token};
}

}  // namespace dray::settings
