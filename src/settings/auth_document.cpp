#include "auth_document.hpp"

#include <dray/format/base64.hpp>
#include <dray/format/json.hpp>

#include <algorithm>

#include "kubernetes_secret.hpp"
#include "login_text.hpp"

namespace dray::settings {
namespace {

Error bad(std::string_view member, std::string_view why) {
  return {ErrorCode::invalid_input, "\"" + std::string(member) + "\" " + std::string(why)};
}

Result<std::string> text_member(const Json& object, std::string_view name) {
  const auto* const value = object.find(name);
  if (value == nullptr || value->is_null()) return std::string();
  if (const auto* const text = value->as_string()) return *text;
  return bad(name, "is no string");
}

/// base64 of `user:password`; the password may end in NULs (docker/cli, decodeAuth).
Result<void> decode_auth(std::string auth, Login& login) {
  std::erase_if(auth, [](char c) { return c == '\n' || c == '\r'; });
  auto text = base64_decode(auth);
  if (!text) return bad("auth", "is no base64");
  const auto colon = text->find(':');
  if (colon == std::string::npos) return bad("auth", "does not decode to user:password");
  login.username = text->substr(0, colon);
  login.password = text->substr(colon + 1);
  login.password.resize(login.password.find_last_not_of('\0') + 1);
  return {};
}

Result<Login> read_login(const Json& entry) {
  if (entry.as_object() == nullptr) return Error(ErrorCode::invalid_input, "is no object");
  Login login;
  DRAY_TRY_ASSIGN(login.username, text_member(entry, "username"));
  DRAY_TRY_ASSIGN(login.password, text_member(entry, "password"));
  DRAY_TRY_ASSIGN(login.identity_token, text_member(entry, "identitytoken"));
  DRAY_TRY_ASSIGN(login.registry_token, text_member(entry, "registrytoken"));
  DRAY_TRY_ASSIGN(auto auth, text_member(entry, "auth"));
  if (!auth.empty()) DRAY_TRY(decode_auth(std::move(auth), login));
  if (!is_plain_text(login.username)) return bad("username", "has control characters");
  if (!is_token_text(login.registry_token)) return bad("registrytoken", "is no token");
  if (!is_token_text(login.identity_token)) return bad("identitytoken", "is no token");
  return login;
}

void read_entries(const Json::Object& auths, AuthDocument& document) {
  for (const auto& [key, value] : auths) {
    auto where = parse_entry_key(key);
    if (!where) {
      document.ignored.push_back("the key \"" + key + "\" is neither a registry nor a repository of one");
      continue;
    }
    auto login = read_login(value).transform_error(
        [&key = key](Error error) { return std::move(error).context("entry \"" + key + "\""); });
    document.entries.push_back({key, *std::move(where), std::move(login)});
  }
}

Result<void> read_helpers(const Json& json, AuthDocument& document) {
  DRAY_TRY_ASSIGN(document.helper_of_all, text_member(json, "credsStore"));
  const auto* const helpers = json.find("credHelpers");
  if (helpers == nullptr || helpers->is_null()) return {};
  if (helpers->as_object() == nullptr) return bad("credHelpers", "is no object");
  for (const auto& [key, value] : *helpers->as_object()) {
    const auto where = parse_entry_key(key);
    if (value.as_string() == nullptr) return bad("credHelpers", "entry \"" + key + "\" is no string");
    if (!where || !where->path.empty()) {
      document.ignored.push_back("the key \"" + key + "\" of credHelpers is no registry");
      continue;
    }
    if (!value.as_string()->empty()) document.helper_of.try_emplace(where->registry, *value.as_string());
  }
  return {};
}

void merge(AuthDocument& into, AuthDocument more) {
  std::ranges::move(more.entries, std::back_inserter(into.entries));
  std::ranges::move(more.ignored, std::back_inserter(into.ignored));
  into.helper_of.merge(more.helper_of);
  if (into.helper_of_all.empty()) into.helper_of_all = std::move(more.helper_of_all);
}

Result<AuthDocument> read_docker_form(const Json& json) {
  AuthDocument document;
  DRAY_TRY(read_helpers(json, document));
  if (const auto* const headers = json.find("HttpHeaders"); headers != nullptr && !headers->is_null()) {
    document.ignored.emplace_back("HttpHeaders: docker sends them to its daemon, not to registries");
  }
  const auto* const auths = json.find("auths");
  if (auths == nullptr || auths->is_null()) return document;
  if (auths->as_object() == nullptr) return bad("auths", "is no object");
  read_entries(*auths->as_object(), document);
  return document;
}

Result<Json> parse_object(std::string_view text) {
  auto json = Json::parse(text);
  if (!json && looks_like_yaml_secret(text)) {
    return Error(ErrorCode::invalid_input, "this is a secret in YAML; write it with `kubectl get secret -o json`");
  }
  if (json && json->as_object() == nullptr) return Error(ErrorCode::invalid_input, "the document is no object");
  return json;
}

// What a secret holds is a docker file, and no secret again.
Result<AuthDocument> parse_docker_form(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, parse_object(text));
  return read_docker_form(json);
}

Result<AuthDocument> read_pull_secrets(const Json& json) {
  DRAY_TRY_ASSIGN(const auto secrets, pull_secrets(json));
  AuthDocument all;
  for (const auto& secret : secrets) {
    const auto read = secret.is_legacy ? parse_legacy_document : parse_docker_form;
    DRAY_TRY_ASSIGN(auto document, read(secret.text).transform_error([&](Error error) {
      return std::move(error).context("secret \"" + secret.name + "\"");
    }));
    merge(all, std::move(document));
  }
  return all;
}

}  // namespace

const AuthEntry* AuthDocument::find(const EntryKey& where) const {
  const AuthEntry* first = nullptr;
  for (const auto& entry : entries) {
    if (entry.where != where) continue;
    const bool holds = !entry.login || !entry.login->is_empty();
    if (holds && lower_case(entry.key) == where.text()) return &entry;
    const bool first_holds = first != nullptr && (!first->login || !first->login->is_empty());
    if (first == nullptr || (holds && !first_holds)) first = &entry;
  }
  return first;
}

Result<AuthDocument> parse_auth_document(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, parse_object(text));
  return is_kubernetes_document(json) ? read_pull_secrets(json) : read_docker_form(json);
}

Result<AuthDocument> parse_legacy_document(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, parse_object(text));
  AuthDocument document;
  read_entries(*json.as_object(), document);
  return document;
}

}  // namespace dray::settings
