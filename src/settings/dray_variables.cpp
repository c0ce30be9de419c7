#include "auth_lookup.hpp"
#include "credential_place.hpp"
#include "login_text.hpp"

namespace dray::settings {
namespace {

Error bad(std::string text) { return {ErrorCode::invalid_input, std::move(text)}; }

class DrayVariables final : public CredentialPlace {
 public:
  explicit DrayVariables(const Environment& environment)
      : registry_(set_variable(environment, "DRAY_REGISTRY")),
        username_(set_variable(environment, "DRAY_USERNAME")),
        password_(set_variable(environment, "DRAY_PASSWORD")),
        token_(set_variable(environment, "DRAY_TOKEN")) {}

  [[nodiscard]] std::string name() const override { return token_ ? "DRAY_TOKEN" : "DRAY_USERNAME, DRAY_PASSWORD"; }

  Result<Looked> look(const Registry& registry, const std::string& repository, AskHelpers /*helpers*/) override {
    if (!username_ && !password_ && !token_) return Looked{std::nullopt, "not set"};
    DRAY_TRY_ASSIGN(const auto where, home());
    DRAY_TRY_ASSIGN(const auto login, this->login());
    const bool is_meant = registry_key(registry) == where.registry && is_below(repository, where.path);
    if (!is_meant) return Looked{std::nullopt, "DRAY_REGISTRY says that it is for " + where.text()};
    return Looked{credential_of(login, token_ ? "DRAY_TOKEN" : "DRAY_USERNAME and DRAY_PASSWORD"),
                  "for " + where.text()};
  }

  Result<std::vector<KnownLogin>> list() override {
    std::vector<KnownLogin> known;
    if (!password_ && !token_) return known;
    DRAY_TRY_ASSIGN(const auto where, home());
    if (where.path.empty()) known.push_back({docker_spelling(where.registry), username_.value_or("")});
    return known;
  }

 private:
  static bool is_below(const std::string& repository, const std::string& path) {
    return path.empty() || repository == path || repository.starts_with(path + "/");
  }

  // Without it the secret would go to every registry that is spoken to.
  [[nodiscard]] Result<EntryKey> home() const {
    if (!registry_) {
      return bad(name() + ": set DRAY_REGISTRY to the registry that it is for; without it nobody gets it");
    }
    auto where = parse_entry_key(*registry_);
    if (!where) return bad("DRAY_REGISTRY is neither a registry nor a repository of one: host[:port][/path]");
    return *std::move(where);
  }

  [[nodiscard]] Result<Login> login() const {
    Login login;
    if (token_) {
      if (!is_token_text(*token_)) return bad("DRAY_TOKEN is no token");
      login.registry_token = *token_;
      return login;
    }
    if (!username_) return bad("DRAY_PASSWORD is set, and DRAY_USERNAME is not");
    if (!password_) return bad("DRAY_USERNAME is set, and DRAY_PASSWORD is not");
    if (!is_plain_text(*username_)) return bad("DRAY_USERNAME has control characters");
    login.username = *username_;
    login.password = *password_;
    return login;
  }

  std::optional<std::string> registry_;
  std::optional<std::string> username_;
  std::optional<std::string> password_;
  std::optional<std::string> token_;
};

}  // namespace

std::unique_ptr<CredentialPlace> dray_variables(const Environment& environment) {
  return std::make_unique<DrayVariables>(environment);
}

}  // namespace dray::settings
