#include <fmt/format.h>

#include <dray/settings/credential_store.hpp>

#include "../context.hpp"
#include "../registry_argument.hpp"
#include "../render.hpp"
#include "../secret_input.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

using client::Credential;

Result<Registry> registry_of(const Input& input) {
  const auto typed = input.optional_argument("REGISTRY");
  if (!typed) return Registry::docker_hub();
  return registry_argument(*typed);
}

// The command line is in the shell's history and in every listing of processes.
Result<void> refuse_typed_password(const Input& input) {
  if (!input.has("--password")) return {};
  return Error(ErrorCode::invalid_input,
               "a password on the command line can be read by everybody on this machine (this one now too): leave it "
               "out and type it when asked, or give it on standard input with --password-stdin");
}

Result<void> check_choice(const Input& input) {
  DRAY_TRY(refuse_typed_password(input));
  int chosen = 0;
  for (const auto option : {"--password-stdin", "--token-stdin", "--identity-token-stdin"}) chosen += input.has(option);
  if (chosen > 1) return Error(ErrorCode::invalid_input, "standard input can hold one secret only");
  if (input.has("--token-stdin") && input.has("--username")) {
    return Error(ErrorCode::invalid_input, "a token that the registry takes as it is has no --username");
  }
  if (!input.has("--keep-identity-token") || chosen == 0 || input.has("--password-stdin")) return {};
  return Error(ErrorCode::invalid_input, "--keep-identity-token goes with a password");
}

Result<std::string> username(const Input& input, const std::stop_token& stop) {
  if (auto typed = input.option("--username")) return *std::move(typed);
  if (input.has("--password-stdin") || !stdin_is_terminal()) {
    return Error(ErrorCode::invalid_input,
                 "say who you are with --username, and give the password with "
                 "--password-stdin");
  }
  return ask("User name: ", Echo::shown, stop);
}

Result<std::string> password(const Input& input, const std::stop_token& stop) {
  if (input.has("--password-stdin")) return secret_from_stdin("the password", stop);
  if (stdin_is_terminal()) return ask("Password: ", Echo::hidden, stop);
  return Error(ErrorCode::invalid_input, "there is no terminal to ask for the password: use --password-stdin");
}

Result<Credential> read_credential(const Input& input, const std::stop_token& stop) {
  Credential credential;
  credential.origin = stdin_is_terminal() ? "the terminal" : "standard input";
  if (input.has("--token-stdin")) {
    DRAY_TRY_ASSIGN(credential.registry_token, secret_from_stdin("the token", stop));
  } else if (input.has("--identity-token-stdin")) {
    credential.username = input.option("--username").value_or("");
    DRAY_TRY_ASSIGN(credential.identity_token, secret_from_stdin("the identity token", stop));
  } else {
    DRAY_TRY_ASSIGN(credential.username, username(input, stop));
    DRAY_TRY_ASSIGN(credential.password, password(input, stop));
    if (credential.username.empty() || credential.password.empty()) {
      return Error(ErrorCode::invalid_input, "a user name and a password have at least one letter each");
    }
  }
  return credential;
}

enum class Proof : unsigned char { taken, not_asked, not_tried };

std::string_view name(Proof proof) {
  switch (proof) {
    case Proof::taken:
      return "accepted";
    case Proof::not_asked:
      return "not asked for";
    case Proof::not_tried:
      return "not tried";
  }
  return {};
}

/// Shows the credential, and nothing else that might be found, to the registry. A refresh token takes the password's
/// place where one was wanted and given.
Result<Proof> prove(Context& context, const Input& input, const Registry& registry, Credential& credential) {
  if (input.has("--no-check")) return Proof::not_tried;
  const bool wants_token = input.has("--keep-identity-token");
  DRAY_TRY_ASSIGN(
      auto answer,
      context.client()->log_in(registry, credential, {wants_token}, context.stop()).transform_error([](Error error) {
        auto message = error.message() + "; nothing was kept";
        return Error(error.code(), std::move(message)).with_peer(error.peer_status(), error.peer_words());
      }));
  if (wants_token) {
    if (answer.identity_token.empty()) {
      return Error(ErrorCode::unsupported, registry.text() + " gives no identity token; nothing was kept");
    }
    credential.identity_token = std::move(answer.identity_token);
    credential.password.clear();
  }
  return answer.way == client::LoginAnswer::Way::open ? Proof::not_asked : Proof::taken;
}

void tell_what_to_know(Context& context, const Registry& registry, const std::string& kept_in, Proof proof) {
  if (proof == Proof::not_asked) {
    context.note(fmt::format("dray: {} lets everybody in at its door, so nothing was proved", registry.text()));
  }
  const auto report = context.credentials()->explain(registry, {});
  if (report.used && report.used->origin != kept_in) {
    context.note(fmt::format("dray: {} comes first and has another credential; see `dray auth explain {}`",
                             printable(report.used->origin), registry.text()));
  }
}

Result<int> run_login(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto registry, registry_of(input));
  DRAY_TRY(check_choice(input));
  DRAY_TRY_ASSIGN(auto credential, read_credential(input, context.stop()));
  DRAY_TRY_ASSIGN(const auto proof, prove(context, input, registry, credential));
  DRAY_TRY_ASSIGN(const auto kept_in, settings::store_credential(context.credential_options(), registry, credential));
  tell_what_to_know(context, registry, kept_in, proof);
  const std::string kind(settings::name(settings::kind_of(credential)));
  View view;
  view.table = [&](bool colour) {
    Facts facts;
    facts.add("Registry", registry.text());
    if (!credential.username.empty()) facts.add("User", credential.username);
    facts.add("Check", std::string(name(proof)));
    facts.add("Kept", kind + " in " + kept_in);
    return facts.text(colour);
  };
  view.json = [&] {
    Json json;
    json.set("registry", registry.text());
    json.set("username", text_or_null(credential.username));
    json.set("kind", kind);
    json.set("checked", proof == Proof::taken);
    json.set("keptIn", kept_in);
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command login_command() {
  return {.name = "login",
          .group = "Access",
          .summary = "Check a credential with a registry, and keep it",
          .arguments = {{"REGISTRY", "host[:port]; left out: Docker Hub", false}},
          .options = {{"--username,-u", "USER", "left out: asked on the terminal"},
                      {"--password-stdin", "", "the password is standard input, without its last line end"},
                      {"--token-stdin", "", "standard input is a token that the registry takes as it is"},
                      {"--identity-token-stdin", "", "standard input is a refresh token for the token server"},
                      {"--keep-identity-token", "", "trade the password for a refresh token, and keep only that"},
                      {"--no-check", "", "keep it without asking the registry"},
                      {"--password,-p", "PASSWORD", "refused: others could read it; use --password-stdin"}},
          .examples = {{"dray login ghcr.io -u octocat", "asks for the password, without echo"},
                       {"dray login localhost:5000 -u ci --password-stdin <password.txt", "for scripts"}},
          .details =
              "Kept by the credential helper that the file names for the registry, else in the file: --authfile, "
              "REGISTRY_AUTH_FILE, or docker's config.json. What the registry refuses is not kept.",
          .run = run_login,
          .makes_auth_file = true};
}

}  // namespace dray::cli
