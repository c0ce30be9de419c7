#include <dray/settings/credential_store.hpp>

#include <algorithm>

#include <dray/format/base64.hpp>
#include <dray/format/json.hpp>

#include "credential_place.hpp"
#include "login_file.hpp"
#include "login_text.hpp"

namespace dray::settings {
namespace {

/// The helper that the file names for a registry; empty: none. We are none for ourselves.
std::string helper_for(const AuthDocument& document, const std::string& registry) {
  const auto own = document.helper_of.find(registry);
  const auto& name = own != document.helper_of.end() ? own->second : document.helper_of_all;
  return name == "dray" ? std::string() : name;
}

Json entry_of(const client::Credential& credential) {
  Json entry{Json::Object()};
  if (!credential.username.empty() || !credential.password.empty()) {
    entry.set("auth", base64_encode(credential.username + ":" + credential.password));
  }
  if (!credential.identity_token.empty()) entry.set("identitytoken", credential.identity_token);
  if (!credential.registry_token.empty()) entry.set("registrytoken", credential.registry_token);
  return entry;
}

Result<void> check(const client::Credential& credential) {
  const auto bad = [](std::string text) { return Error(ErrorCode::invalid_input, std::move(text)); };
  if (credential.username.find(':') != std::string::npos) return bad("a user name has no colon");
  if (!is_plain_text(credential.username)) return bad("the user name has control characters");
  if (!is_password(credential.password)) return bad("the password has a NUL in it");
  if (!is_token_text(credential.identity_token)) return bad("the identity token is none");
  if (!is_token_text(credential.registry_token)) return bad("the registry token is none");
  return {};
}

// A folder that may not be looked into is told by whoever opens the file.
bool is_there(const std::filesystem::path& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure) || failure;
}

bool is_for(const AuthEntry& entry, const std::string& registry) { return entry.where.registry == registry; }

/// Other spellings of the same registry would hold an older secret.
Result<void> set_only_entry(LoginFile& file, const std::string& registry, const Json& value) {
  const auto key = docker_spelling(registry);
  for (const auto& entry : file.document().entries) {
    if (is_for(entry, registry) && entry.where.path.empty() && entry.key != key) DRAY_TRY(file.erase_entry(entry.key));
  }
  return file.set_entry(key, value);
}

/// A helper that is gone keeps nobody from forgetting what the file holds, but it is told.
Result<void> erase_everywhere(LoginFile& file, const std::string& registry, const CredentialOptions& options,
                              std::vector<std::string>& places) {
  bool had_entry = false;
  for (const auto& entry : file.document().entries) {
    if (!is_for(entry, registry)) continue;
    DRAY_TRY(file.erase_entry(entry.key));
    had_entry = true;
  }
  DRAY_TRY(file.save());
  const auto name = helper_for(file.document(), registry);
  if (had_entry) places.push_back(file.path().string());
  if (name.empty()) return {};
  DRAY_TRY_ASSIGN(const auto helper, Helper::find(name, helper_rules(options)));
  DRAY_TRY_ASSIGN(const bool had, helper.erase(docker_spelling(registry)));
  if (had) places.push_back(helper_program(name));
  return {};
}

}  // namespace

Result<std::filesystem::path> login_file(const CredentialOptions& options) {
  if (options.auth_file) return *options.auth_file;
  if (const auto file = set_variable(options.environment, "REGISTRY_AUTH_FILE")) return std::filesystem::path(*file);
  auto docker = docker_config_path(options.environment);
  if (!docker.empty()) return docker;
  return Error(ErrorCode::invalid_input,
               "nothing says where to keep a login: set HOME, or name a file with --authfile");
}

Result<std::string> store_credential(const CredentialOptions& options, const Registry& registry,
                                     const client::Credential& credential) {
  DRAY_TRY(check(credential));
  DRAY_TRY_ASSIGN(const auto path, login_file(options));
  DRAY_TRY_ASSIGN(auto file, LoginFile::open(path));
  const auto key = registry_key(registry);
  const auto name = helper_for(file.document(), key);
  if (name.empty()) {
    DRAY_TRY(set_only_entry(file, key, entry_of(credential)));
    DRAY_TRY(file.save());
    return path.string();
  }
  const auto name_it = [&](Error error) { return std::move(error).context(path.string()); };
  DRAY_TRY_ASSIGN(const auto helper, Helper::find(name, helper_rules(options)).transform_error(name_it));
  const Login login{credential.username, credential.password, credential.identity_token, credential.registry_token};
  DRAY_TRY(helper.store(docker_spelling(key), login).transform_error(name_it));
  DRAY_TRY(set_only_entry(file, key, Json(Json::Object())));
  DRAY_TRY(file.save());
  return helper_program(name) + ", which " + path.string() + " names";
}

Result<std::vector<std::string>> erase_credential(const CredentialOptions& options, const Registry& registry) {
  DRAY_TRY_ASSIGN(const auto path, login_file(options));
  if (!is_there(path)) return std::vector<std::string>();
  DRAY_TRY_ASSIGN(auto file, LoginFile::open(path));
  std::vector<std::string> places;
  DRAY_TRY(erase_everywhere(file, registry_key(registry), options, places));
  return places;
}

Result<std::vector<std::string>> erase_all_credentials(const CredentialOptions& options) {
  DRAY_TRY_ASSIGN(const auto path, login_file(options));
  if (!is_there(path)) return std::vector<std::string>();
  DRAY_TRY_ASSIGN(auto file, LoginFile::open(path));
  std::vector<std::string> registries;
  for (const auto& entry : file.document().entries) registries.push_back(entry.where.registry);
  std::ranges::sort(registries);
  registries.erase(std::ranges::unique(registries).begin(), registries.end());
  std::vector<std::string> places;
  for (const auto& registry : registries) DRAY_TRY(erase_everywhere(file, registry, options, places));
  return registries;
}

}  // namespace dray::settings
