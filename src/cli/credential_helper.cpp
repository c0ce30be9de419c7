#include "credential_helper.hpp"

#include <fmt/format.h>

#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include "exit_status.hpp"
#include "input_file.hpp"
#include "output.hpp"
#include "registry_argument.hpp"
#include "text.hpp"
#include "version.hpp"

namespace dray::cli {
namespace {

constexpr std::string_view helper_name = "docker-credential-dray";
constexpr std::string_view nothing_found = "credentials not found in native keychain\n";

Result<std::string> server_on_stdin() {
  DRAY_TRY_ASSIGN(auto server, read_input("-", limits::max_settings_bytes));
  while (server.ends_with('\n') || server.ends_with('\r') || server.ends_with(' ')) server.pop_back();
  if (server.empty()) return Error(ErrorCode::invalid_input, "standard input named no server");
  return server;
}

Result<std::string> answer(settings::Credentials& credentials) {
  DRAY_TRY_ASSIGN(const auto server, server_on_stdin());
  DRAY_TRY_ASSIGN(const auto place, registry_place(server));
  DRAY_TRY_ASSIGN(const auto found, credentials.find(place.registry, place.repository));
  // The protocol has no place for a token that the registry takes as it is.
  if (!found || settings::kind_of(*found) == settings::SecretKind::registry_token) return std::string(nothing_found);
  const bool is_token = settings::kind_of(*found) == settings::SecretKind::identity_token;
  Json json;
  json.set("ServerURL", server);
  json.set("Username", is_token ? std::string("<token>") : found->username);
  json.set("Secret", is_token ? found->identity_token : found->password);
  return json.dump() + "\n";
}

Result<std::string> list(settings::Credentials& credentials) {
  DRAY_TRY_ASSIGN(const auto logins, credentials.list());
  Json json{Json::Object()};
  for (const auto& login : logins) json.set(login.server, login.username);
  return json.dump() + "\n";
}

// Written even when it fails: a reader that went away changes nothing.
int tell(const Result<std::string>& text) {
  const auto words = text ? *text : printable(text.error().message()) + "\n";
  const bool is_answer = text && words != nothing_found;
  const auto written = write_stdout(words);
  return is_answer && written ? exit_done : exit_failure;
}

}  // namespace

bool is_called_as_helper(const std::string& program) {
  return program.substr(program.rfind('/') + 1) == helper_name;  // npos + 1 is 0
}

Result<int> answer_get(settings::Credentials& credentials) { return tell(answer(credentials)); }

int run_as_helper(std::span<const std::string> words) {
  const auto action = words.size() == 1 ? words.front() : std::string();
  const auto credentials = settings::Credentials::make(settings::CredentialOptions::of_process());
  if (action == "get") return tell(answer(*credentials));
  if (action == "list") return tell(list(*credentials));
  if (action == "version") return tell(fmt::format("{} {}\n", helper_name, version));
  return tell(Error(ErrorCode::unsupported, action == "store" || action == "erase"
                                                ? "dray gives credentials out and keeps none for others: use dray login"
                                                : "a credential helper is called with get, list or version"));
}

}  // namespace dray::cli
