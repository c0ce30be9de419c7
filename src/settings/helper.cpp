#include "helper.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include "child_process.hpp"
#include "login_text.hpp"

namespace dray::settings {
namespace {

constexpr std::string_view nothing_found = "credentials not found in native keychain";
constexpr std::string_view token_user = "<token>";
constexpr std::size_t max_shown = 300;

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool is_program(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

Result<std::filesystem::path> find_in_path(const std::string& program, std::string_view path) {
  while (!path.empty()) {
    const auto colon = std::min(path.find(':'), path.size());
    const auto folder = std::filesystem::path(path.substr(0, colon));
    path.remove_prefix(std::min(colon + 1, path.size()));
    // Others mean the folder that we happen to be in, which may be anybody's.
    if (folder.is_absolute() && is_program(folder / program)) return folder / program;
  }
  return Error(ErrorCode::not_found, program + " is not in PATH");
}

// One line, without control characters.
std::string cleaned(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, max_shown)) {
    const bool is_control = (c >= 0 && c < ' ') || c == '\x7f';
    if (!is_control) shown += c;
    if (c == '\n' && !shown.empty() && shown.back() != ' ') shown += ' ';
  }
  while (shown.ends_with(' ')) shown.pop_back();
  return shown;
}

// Helpers tell why on standard output, where secrets are told too: what looks like an answer is not shown.
std::string reason(const ChildOutcome& outcome) {
  if (auto shown = cleaned(outcome.err); !shown.empty()) return shown;
  if (outcome.out.find_first_of("{\"") != std::string::npos) return {};
  return cleaned(outcome.out);
}

Result<void> check_server(const std::string& server) {
  if (!server.empty() && server.size() <= limits::max_name_chars + 16 && is_token_text(server)) return {};
  return Error(ErrorCode::invalid_input, "the server's name is none that a helper may be asked for");
}

Result<Login> read_answer(const std::string& text, const std::string& program) {
  const auto bad = [&](std::string_view why) { return Error(ErrorCode::protocol, program + std::string(why)); };
  const auto json = Json::parse(text);  // its error could quote a secret
  if (!json || json->as_object() == nullptr) return bad(" answered with something that is no JSON object");
  const auto* const username = json->find("Username");
  const auto* const secret = json->find("Secret");
  if (username == nullptr || username->as_string() == nullptr || secret == nullptr || secret->as_string() == nullptr) {
    return bad(" answered without the strings \"Username\" and \"Secret\"");
  }
  if (!is_plain_text(*username->as_string())) return bad(" answered with control characters in the user name");
  if (!is_password(*secret->as_string())) return bad(" answered with a secret that has a NUL in it");
  Login login;
  if (*username->as_string() != token_user) {
    login.username = *username->as_string();
    login.password = *secret->as_string();
  } else if (is_token_text(*secret->as_string())) {
    login.identity_token = *secret->as_string();
  } else {
    return bad(" answered with a token that is none");
  }
  return login;
}

}  // namespace

std::string helper_program(std::string_view name) { return "docker-credential-" + std::string(name); }

std::vector<std::string> without_our_secrets(const std::vector<std::string>& variables) {
  static constexpr std::array<std::string_view, 6> ours{"DRAY_USERNAME=", "DRAY_PASSWORD=",      "DRAY_TOKEN=",
                                                        "DRAY_REGISTRY=", "DOCKER_AUTH_CONFIG=", "DRAY_INSIDE_HELPER="};
  std::vector<std::string> left;
  std::ranges::copy_if(variables, std::back_inserter(left), [](const std::string& variable) {
    return std::ranges::none_of(ours, [&](std::string_view name) { return variable.starts_with(name); });
  });
  return left;
}

Result<Helper> Helper::find(const std::string& name, HelperRules rules) {
  if (!is_helper_name(name)) {
    return Error(ErrorCode::invalid_input,
                 "\"" + cleaned(name) + "\" is no name of a credential helper: letters, digits, '.', '_' and '-' only");
  }
  DRAY_TRY_ASSIGN(auto program, find_in_path(helper_program(name), rules.path));
  return Helper(std::move(program), std::move(rules));
}

Result<Helper::Said> Helper::ask(const std::string& action, std::string input) const {
  auto variables = without_our_secrets(rules_.variables);
  variables.push_back(std::string(inside_helper) + "=1");
  DRAY_TRY_ASSIGN(auto outcome, run_child({program_,
                                           {action},
                                           std::move(variables),
                                           std::move(input),
                                           rules_.deadline,
                                           limits::max_helper_answer_bytes,
                                           limits::max_helper_words_bytes}));
  if (outcome.status == 0) return Said{Answer::done, std::move(outcome.out)};
  const auto says_nothing = [](const std::string& text) { return text.find(nothing_found) != std::string::npos; };
  if (says_nothing(outcome.out) || says_nothing(outcome.err)) return Said{Answer::nothing, {}};
  const auto why = reason(outcome);
  return Error(ErrorCode::io, program_.filename().string() + " " + action + " ended with status " +
                                  std::to_string(outcome.status) + (why.empty() ? "" : ": " + why));
}

Result<std::optional<Login>> Helper::get(const std::string& server) const {
  DRAY_TRY(check_server(server));
  DRAY_TRY_ASSIGN(const auto said, ask("get", server));
  if (said.answer == Answer::nothing) return std::optional<Login>();
  DRAY_TRY_ASSIGN(auto login, read_answer(said.out, program_.filename().string()));
  if (login.is_empty()) return std::optional<Login>();
  return std::optional(std::move(login));
}

Result<void> Helper::store(const std::string& server, const Login& login) const {
  DRAY_TRY(check_server(server));
  if (!login.registry_token.empty()) {
    return Error(ErrorCode::unsupported, program_.filename().string() + " takes no registry tokens: no helper does");
  }
  Json json;
  json.set("ServerURL", server);
  json.set("Username", login.identity_token.empty() ? login.username : std::string(token_user));
  json.set("Secret", login.identity_token.empty() ? login.password : login.identity_token);
  DRAY_TRY(ask("store", json.dump()));
  return {};
}

Result<bool> Helper::erase(const std::string& server) const {
  DRAY_TRY(check_server(server));
  DRAY_TRY_ASSIGN(const auto said, ask("erase", server));
  return said.answer == Answer::done;
}

}  // namespace dray::settings
