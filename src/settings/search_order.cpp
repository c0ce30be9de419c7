#include <algorithm>
#include <utility>

#include "credential_place.hpp"

namespace dray::settings {
namespace {

using Path = std::filesystem::path;

std::optional<Path> path_in(const Environment& environment, const std::string& variable) {
  if (const auto value = set_variable(environment, variable)) return Path(*value);
  return std::nullopt;
}

/// The files that lie around, podman's before docker's: containers-auth.json(5).
std::vector<AuthFile> files_to_find(const CredentialOptions& options) {
  const auto& environment = options.environment;
  std::vector<AuthFile> files;
  const auto runtime = path_in(environment, "XDG_RUNTIME_DIR");
  const auto logins = runtime ? *runtime / "containers" : options.runtime_folder;
  if (!logins.empty()) files.push_back({.path = logins / "auth.json"});
  const auto home = path_in(environment, "HOME");
  if (const auto config = path_in(environment, "XDG_CONFIG_HOME")) {
    files.push_back({.path = *config / "containers" / "auth.json"});
  } else if (home) {
    files.push_back({.path = *home / ".config" / "containers" / "auth.json"});
  }
  if (auto docker = docker_config_path(environment); !docker.empty()) files.push_back({.path = std::move(docker)});
  if (home) files.push_back({.path = *home / ".dockercfg", .is_legacy = true});
  return files;
}

}  // namespace

std::filesystem::path docker_config_path(const Environment& environment) {
  if (const auto folder = path_in(environment, "DOCKER_CONFIG")) return *folder / "config.json";
  const auto home = path_in(environment, "HOME");
  return home ? *home / ".docker" / "config.json" : Path();
}

HelperRules helper_rules(const CredentialOptions& options) {
  return {set_variable(options.environment, "PATH").value_or(""), options.variables, options.helper_deadline};
}

std::vector<std::unique_ptr<CredentialPlace>> search_order(const CredentialOptions& options) {
  const bool asked_by_helper = set_variable(options.environment, inside_helper).has_value();
  const auto helpers =
      asked_by_helper ? nullptr : std::make_shared<HelperAnswers>(helper_rules(options), *options.clock);
  std::vector<std::unique_ptr<CredentialPlace>> places;
  if (options.auth_file) {
    places.push_back(auth_file({.path = *options.auth_file, .must_exist = true, .because = "--authfile"}, helpers));
    return places;
  }
  places.push_back(dray_variables(options.environment));
  places.push_back(docker_auth_variable(options.environment, helpers));
  if (auto file = path_in(options.environment, "REGISTRY_AUTH_FILE")) {
    places.push_back(
        auth_file({.path = *std::move(file), .must_exist = true, .because = "REGISTRY_AUTH_FILE"}, helpers));
    return places;
  }
  for (auto& file : files_to_find(options)) places.push_back(auth_file(std::move(file), helpers));
  return places;
}

}  // namespace dray::settings
