#include <unistd.h>

#include <algorithm>

#include "credential_place.hpp"

namespace dray::settings {
namespace {

class Chain final : public Credentials {
 public:
  explicit Chain(const CredentialOptions& options) : places_(search_order(options)) {}

  Result<std::optional<client::Credential>> find(const Registry& registry, const std::string& repository) override {
    for (const auto& place : places_) {
      DRAY_TRY_ASSIGN(auto looked, place->look(registry, repository, AskHelpers::yes));
      if (looked.credential) return std::move(looked.credential);
    }
    return std::optional<client::Credential>();
  }

  CredentialReport explain(const Registry& registry, const std::string& repository) override {
    CredentialReport report;
    for (const auto& place : places_) {
      const bool decided = report.used || report.failure;
      const auto looked = place->look(registry, repository, decided ? AskHelpers::no : AskHelpers::yes);
      if (!looked) {
        report.sources.push_back({place->name(), SourceOutcome::broken, looked.error().message()});
        if (!decided) report.failure = looked.error();
      } else if (looked->credential && !decided) {
        const auto& credential = *looked->credential;
        report.used = {credential.username, kind_of(credential), credential.origin};
        report.sources.push_back({place->name(), SourceOutcome::used, looked->says});
      } else {
        const bool has = looked->credential || looked->has_helper;
        const auto outcome = has ? SourceOutcome::shadowed : SourceOutcome::nothing;
        report.sources.push_back({place->name(), outcome, looked->says});
      }
    }
    return report;
  }

  Result<std::vector<KnownLogin>> list() override {
    std::vector<KnownLogin> all;
    for (const auto& place : places_) {
      DRAY_TRY_ASSIGN(const auto logins, place->list());
      for (const auto& login : logins) {
        const bool is_known =
            std::ranges::any_of(all, [&](const KnownLogin& known) { return known.server == login.server; });
        if (!is_known) all.push_back(login);
      }
    }
    return all;
  }

 private:
  const std::vector<std::unique_ptr<CredentialPlace>> places_;
};

}  // namespace

CredentialOptions CredentialOptions::of_process() {
  CredentialOptions options;
  options.environment = process_environment();
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    options.variables.emplace_back(*variable);
  }
  options.runtime_folder = "/run/containers/" + std::to_string(::getuid());
  return options;
}

SecretKind kind_of(const client::Credential& credential) noexcept {
  if (!credential.registry_token.empty()) return SecretKind::registry_token;
  return credential.identity_token.empty() ? SecretKind::password : SecretKind::identity_token;
}

std::string_view name(SecretKind kind) noexcept {
  switch (kind) {
    case SecretKind::password:
      return "password";
    case SecretKind::identity_token:
      return "identity token";
    case SecretKind::registry_token:
      return "registry token";
  }
  return {};
}

std::string_view name(SourceOutcome outcome) noexcept {
  switch (outcome) {
    case SourceOutcome::used:
      return "used";
    case SourceOutcome::shadowed:
      return "shadowed";
    case SourceOutcome::nothing:
      return "nothing";
    case SourceOutcome::broken:
      return "broken";
  }
  return {};
}

std::shared_ptr<Credentials> Credentials::make(CredentialOptions options) { return std::make_shared<Chain>(options); }

}  // namespace dray::settings
