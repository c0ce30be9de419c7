#include "docker_config_document.hpp"

#include <dray/format/base64.hpp>
#include <dray/format/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include "host_key.hpp"

namespace dray::settings {
namespace {

Error bad(std::string_view key, std::string_view why) {
  return {ErrorCode::invalid_input, "auths entry \"" + std::string(key) + "\": " + std::string(why)};
}

Result<std::string> string_member(const Json& entry, std::string_view key, std::string_view member) {
  const auto* const value = entry.find(member);
  if (value == nullptr || value->is_null()) return std::string();
  if (const auto* const text = value->as_string()) return *text;
  return bad(key, "\"" + std::string(member) + "\" is no string");
}

/// `auth`: base64 of `user:password`; the password may end in NULs.
Result<Login> decode_auth(std::string_view key, const std::string& auth) {
  const auto text = base64_decode(auth);
  if (!text) return bad(key, "\"auth\" is no base64");
  const auto colon = text->find(':');
  if (colon == std::string::npos) return bad(key, "\"auth\" does not decode to user:password");
  Login login{text->substr(0, colon), text->substr(colon + 1)};
  login.password.erase(
      std::find_if(login.password.rbegin(), login.password.rend(), [](char c) { return c != '\0'; }).base(),
      login.password.end());
  return login;
}

Result<std::optional<Login>> read_entry(std::string_view key, const Json& entry) {
  if (entry.as_object() == nullptr) return bad(key, "is no object");
  DRAY_TRY_ASSIGN(const auto auth, string_member(entry, key, "auth"));
  DRAY_TRY_ASSIGN(auto username, string_member(entry, key, "username"));
  DRAY_TRY_ASSIGN(auto password, string_member(entry, key, "password"));
  Login login{std::move(username), std::move(password)};
  if (!auth.empty()) {
    DRAY_TRY_ASSIGN(login, decode_auth(key, auth));
  }
  if (login.username.empty() || login.password.empty()) return std::optional<Login>();
  return std::optional(std::move(login));
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::optional<std::string> registry_of_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  const auto slash = std::min(key.find('/'), key.size());
  const auto path = key.substr(slash);
  static constexpr std::array<std::string_view, 6> whole{"", "/", "/v1", "/v1/", "/v2", "/v2/"};
  if (std::find(whole.begin(), whole.end(), path) == whole.end()) return std::nullopt;
  auto host = lower_case(key.substr(0, slash));
  if (host == "index.docker.io" || host == "registry-1.docker.io") return "docker.io";
  return host;
}

Result<std::map<std::string, Login>> parse_docker_config(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(text));
  if (json.as_object() == nullptr) return Error(ErrorCode::invalid_input, "the document is no object");
  std::map<std::string, Login> logins;
  const auto* const auths = json.find("auths");
  if (auths == nullptr || auths->is_null()) return logins;
  if (auths->as_object() == nullptr) return Error(ErrorCode::invalid_input, "\"auths\" is no object");
  for (const auto& [key, entry] : *auths->as_object()) {
    const auto registry = registry_of_key(key);
    if (!registry) continue;
    DRAY_TRY_ASSIGN(auto login, read_entry(key, entry));
    if (!login) continue;
    if (lower_case(key) == *registry) {
      logins.insert_or_assign(*registry, *std::move(login));
    } else {
      logins.try_emplace(*registry, *std::move(login));
    }
  }
  return logins;
}

}  // namespace dray::settings
