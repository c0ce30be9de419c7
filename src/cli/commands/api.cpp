#include <fmt/format.h>

#include <dray/core/limits.hpp>

#include "../context.hpp"
#include "../exit_status.hpp"
#include "../input_file.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

constexpr std::uint64_t max_request_body_bytes = 64ULL * 1024 * 1024;

Result<http::Method> method_of(const std::string& text) {
  for (const auto method : {http::Method::get, http::Method::head, http::Method::post, http::Method::put,
                            http::Method::patch, http::Method::del}) {
    if (http::name(method) == text) return method;
  }
  return Error(ErrorCode::invalid_input, "METHOD is GET, HEAD, POST, PUT, PATCH or DELETE, not '" + text + "'");
}

// `/v2/NAME/manifests/…`: the repository between the version and the last endpoint word.
std::string repository_in(std::string_view path) {
  constexpr std::string_view root = "/v2/";
  if (!path.starts_with(root)) return {};
  path = path.substr(root.size());
  path = path.substr(0, path.find('?'));
  for (const std::string_view endpoint : {"/manifests/", "/blobs/", "/tags/list", "/referrers/"}) {
    if (const auto at = path.find(endpoint); at != std::string_view::npos) return std::string(path.substr(0, at));
  }
  return {};
}

std::vector<client::Scope> scopes_of(http::Method method, std::string_view path) {
  if (path.starts_with("/v2/_catalog")) return {client::catalog_scope()};
  const auto repository = repository_in(path);
  if (repository.empty()) return {};
  if (method == http::Method::get || method == http::Method::head) return {client::pull_scope(repository)};
  if (method == http::Method::del) return {client::delete_scope(repository)};
  return {client::push_scope(repository)};
}

struct Target {
  Registry registry;
  std::string path;
};

// `REGISTRY/v2/…`, with or without a scheme, or a path whose registry is the first component.
Result<Target> target_of(const std::string& text) {
  std::string_view rest = text;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  const auto slash = rest.find('/');
  // A password may hold a slash, so an '@' anywhere may stand behind one; before /v2/ nothing else has it.
  if (rest.substr(0, rest.find("/v2/")).find('@') != std::string_view::npos) {
    return Error(ErrorCode::invalid_input,
                 "PATH begins with a registry; what stands before the '@' looks like a credential: log in instead");
  }
  if (slash == std::string_view::npos || slash == 0 || !rest.substr(slash).starts_with("/v2/")) {
    return Error(ErrorCode::invalid_input,
                 "PATH is REGISTRY/v2/…, for example localhost:5000/v2/_catalog, not '" + text + "'");
  }
  DRAY_TRY_ASSIGN(auto registry, Registry::parse(rest.substr(0, slash)));
  return Target{std::move(registry), std::string(rest.substr(slash))};
}

Result<client::ApiCall> call_of(const Input& input, const Target& target) {
  client::ApiCall call;
  DRAY_TRY_ASSIGN(call.method, method_of(input.argument("METHOD")));
  call.path = target.path;
  call.scopes = scopes_of(call.method, target.path);
  call.follow = !input.has("--no-follow");
  for (const auto& header : input.all("--header")) {
    const auto colon = header.find(':');
    if (colon == std::string::npos || header.find_first_of("\r\n") != std::string::npos) {
      return Error(ErrorCode::invalid_input, "--header takes 'Name: value', not '" + printable(header) + "'");
    }
    auto value = header.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    call.headers.add(header.substr(0, colon), value);
  }
  if (const auto file = input.option("--body")) {
    DRAY_TRY_ASSIGN(auto body, read_input(*file, max_request_body_bytes));
    call.body = http::text_body(std::move(body));
  }
  return call;
}

Result<int> show_json(const Output& output, http::Exchange& answer) {
  DRAY_TRY_ASSIGN(const auto body, read_all(answer, limits::max_page_bytes));
  DRAY_TRY_ASSIGN(const auto json, Json::parse(body).transform_error([](Error error) {
    return std::move(error).context("the answer's body is no JSON");
  }));
  View view;
  view.json = [&json] { return json; };
  return output.show(view);
}

Result<int> run_api(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto target, target_of(input.argument("PATH")));
  DRAY_TRY_ASSIGN(const auto call, call_of(input, target));
  DRAY_TRY_ASSIGN(const auto answer, context.client()->send(target.registry, call, context.stop()));
  const auto status = answer->head().status;
  if (input.has("--include")) {
    std::string head = fmt::format("HTTP {}\n", status);
    const auto headers = input.has("--show-secrets") ? answer->head().headers : http::printable(answer->head().headers);
    for (const auto& [name, value] : headers.lines()) head += printable(name) + ": " + printable(value) + "\n";
    DRAY_TRY(write_stdout(head + "\n"));
  }
  if (status >= 400 && !input.has("--include")) {
    return client::answer_error(*answer, std::string(http::name(call.method)) + " " + target.path);
  }
  if (status < 400 && context.output().wants_json()) return show_json(context.output(), *answer);
  StdoutSink sink;
  DRAY_TRY(pump(*answer, sink));
  return status >= 400 ? exit_failure : exit_done;
}

}  // namespace

Command api_command() {
  return {
      .name = "api",
      .group = "Plumbing",
      .summary = "One request to a registry's API, with the credentials found for you: curl, but authorised",
      .arguments = {{"METHOD", "GET, HEAD, POST, PUT, PATCH or DELETE"}, {"PATH", "REGISTRY/v2/…"}},
      .options = {{"--header,-H", "'NAME: VALUE'", "send this header, to the registry only", true},
                  {"--body", "FILE", "send this file; - is standard input"},
                  {"--include,-i", "", "print status and headers first"},
                  {"--no-follow", "", "give a redirect back instead of following it"},
                  {"--show-secrets", "", "print signed links and cookies in the headers whole"}},
      .examples = {{"dray api GET mcr.microsoft.com/v2/dotnet/runtime/tags/list", "the body as it came"},
                   {"dray api GET localhost:5000/v2/_catalog --jq .repositories[]", "picked from a body that is JSON"},
                   {"dray api GET mcr.microsoft.com/v2/dotnet/core/runtime/blobs/sha256:f7e2b70d… -i --no-follow",
                    "where the layer is"}},
      .details = {},
      .run = run_api};
}

}  // namespace dray::cli
