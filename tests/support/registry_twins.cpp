#include "support/registry_twins.hpp"

#include "support/catalogue.hpp"
#include "support/hashing.hpp"
#include "support/signed_links.hpp"
#include "support/twin_door.hpp"

namespace dray::testing {
namespace {

bool is_read(const ServerRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

std::int64_t in_an_hour() {
  const auto then = std::chrono::system_clock::now() + std::chrono::hours(1);
  return std::chrono::duration_cast<std::chrono::seconds>(then.time_since_epoch()).count();
}

}  // namespace

std::string name(TwinKind kind) {
  switch (kind) {
    case TwinKind::docker_hub:
      return "DockerHub";
    case TwinKind::ghcr:
      return "Ghcr";
    case TwinKind::acr:
      return "Acr";
    case TwinKind::ecr:
      return "Ecr";
    case TwinKind::google:
      return "Google";
    case TwinKind::quay:
      return "Quay";
    case TwinKind::harbor:
      return "Harbor";
    case TwinKind::gitlab:
      return "Gitlab";
  }
  return "";
}

struct RegistryTwin::State {
  explicit State(TwinKind given)
      : kind(given), door(make_door(given)), push(registry_state, door->push()), paging(door->paging()) {}

  TwinKind kind;
  std::unique_ptr<TwinDoor> door;
  RegistryState registry_state;
  PushService push;
  Paging paging;
  SignedLinks links;
  std::string refresh_token;
  std::mutex mutex;
  std::set<std::string> made;  // repositories

  // Declared last: their threads end before what they use.
  std::unique_ptr<HttpServer> content;
  std::unique_ptr<HttpServer> token_server;
  std::unique_ptr<HttpServer> registry;

  void start();
  bool exists(const std::string& repository) {
    const std::lock_guard lock(mutex);
    return made.contains(repository);
  }
  Answer answer_token_host(const ServerRequest& request);
  Answer answer_registry(const ServerRequest& request);
  Answer answer_allowed(const RegistryTarget& target, const ServerRequest& request);
  Answer answer_blob(const RegistryTarget& target, const ServerRequest& request);
  Answer answer_content(const ServerRequest& request);
};

void RegistryTwin::State::start() {
  const auto serve = [](auto make_answer) {
    return [make_answer](const ServerRequest& request, Responder& responder) { make_answer(request).send(responder); };
  };
  if (door->redirects_blobs()) {
    content = std::make_unique<HttpServer>(serve([this](const auto& request) { return answer_content(request); }));
  }
  if (door->has_token_host()) {
    ServerOptions elsewhere;
    elsewhere.address = "127.0.0.2";
    token_server = std::make_unique<HttpServer>(
        serve([this](const auto& request) { return answer_token_host(request); }), elsewhere);
  }
  registry = std::make_unique<HttpServer>(serve([this](const auto& request) { return answer_registry(request); }));
  door->open({registry->origin(), registry->host_port(), token_server ? token_server->origin() : registry->origin()});
  if (kind == TwinKind::docker_hub || kind == TwinKind::acr) {
    refresh_token = door->mint().issue_refresh(door->login().user);
  }
}

Answer RegistryTwin::State::answer_token_host(const ServerRequest& request) {
  auto answer = door->answer_token(request);
  return answer ? *std::move(answer) : text_answer(404, "text/plain", "404 page not found\n");
}

Answer RegistryTwin::State::answer_registry(const ServerRequest& request) {
  if (!token_server) {
    if (auto answer = door->answer_token(request)) return *std::move(answer);
  }
  const auto target = parse_registry_path(request.path());
  if (target.route == Route::unknown) return text_answer(404, "text/plain", "404 page not found\n");
  auto refusal = door->refuse(target, request);
  auto answer = refusal ? *std::move(refusal) : answer_allowed(target, request);
  door->dress(target, request, answer);
  answer.headers.add("Docker-Distribution-Api-Version", "registry/2.0");
  return answer;
}

Answer RegistryTwin::State::answer_allowed(const RegistryTarget& target, const ServerRequest& request) {
  const bool writes = target.route == Route::upload || request.method == "PUT";
  if (writes && door->makes_no_repositories() && !exists(target.repository)) {
    return error_answer(404, "NAME_UNKNOWN", "The repository does not exist in the registry", target.repository);
  }
  if (auto own = door->answer(target, request)) return *std::move(own);
  const bool removable = target.route == Route::manifest || target.route == Route::blob;
  if (target.route == Route::upload) return push.answer_upload(target, request, door->places().registry);
  if (removable && request.method == "DELETE") return push.remove(target);
  if (target.route == Route::manifest && request.method == "PUT") return push.put_manifest(target, request);
  if (!is_read(request)) return error_answer(405, "UNSUPPORTED", "the operation is unsupported");
  switch (target.route) {
    case Route::ping:
      return text_answer(200, "application/json; charset=utf-8", "{}");
    case Route::manifest:
      return answer_manifest(registry_state, target, request);
    case Route::blob:
      return answer_blob(target, request);
    default:
      break;
  }
  if (target.route == Route::tags && !registry_state.has_repository(target.repository)) {
    return error_answer(404, "NAME_UNKNOWN", "repository name not known to registry", target.repository);
  }
  const auto names =
      target.route == Route::tags ? registry_state.tags(target.repository) : registry_state.repositories();
  return answer_listing(request, target, names, paging, door->places().registry, "");
}

Answer RegistryTwin::State::answer_blob(const RegistryTarget& target, const ServerRequest& request) {
  const auto& digest = target.reference;
  auto bytes = registry_state.has_blob(target.repository, digest) ? registry_state.blob_bytes(digest) : nullptr;
  if (!bytes) return error_answer(404, "BLOB_UNKNOWN", "blob unknown to registry", digest);
  if (content) return redirect_answer(307, content->origin() + links.make(digest, in_an_hour(), 0));
  auto answer = content_answer(request, std::move(bytes), "\"" + digest + "\"");
  answer.headers.add("Docker-Content-Digest", digest);
  return answer;
}

/// Object stores refuse a request that vouches for itself in two ways.
Answer RegistryTwin::State::answer_content(const ServerRequest& request) {
  if (request.headers.has("Authorization") || request.headers.has("Cookie")) {
    door->complain("the content network was shown a secret");
    return text_answer(400, "application/xml", "<Error><Code>InvalidArgument</Code></Error>");
  }
  const auto digest = links.check(request);
  if (!digest || !is_read(request))
    return text_answer(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>");
  auto answer = content_answer(request, registry_state.blob_bytes(*digest), "\"" + *digest + "\"");
  answer.headers.add("Content-Type", "application/octet-stream");
  return answer;
}

RegistryTwin::RegistryTwin(TwinKind kind) : state_(std::make_unique<State>(kind)) { state_->start(); }
RegistryTwin::~RegistryTwin() = default;

TwinKind RegistryTwin::kind() const noexcept { return state_->kind; }
std::string RegistryTwin::origin() const { return state_->registry->origin(); }
std::string RegistryTwin::host_port() const { return state_->registry->host_port(); }

std::string RegistryTwin::at(std::string_view name) const {
  const auto repository = state_->door->folder().append(name.substr(0, name.find_first_of(":@")));
  const std::lock_guard lock(state_->mutex);
  state_->made.insert(repository);
  return host_port() + "/" + state_->door->folder().append(name);
}

std::string RegistryTwin::token_host_port() const { return token_server().host_port(); }
bool RegistryTwin::has_token_host() const { return state_->token_server != nullptr; }
TwinLogin RegistryTwin::login() const { return state_->door->login(); }

std::optional<std::string> RegistryTwin::identity_token() const {
  return state_->refresh_token.empty() ? std::nullopt : std::optional(state_->refresh_token);
}

std::optional<std::string> RegistryTwin::registry_token() const {
  return state_->kind == TwinKind::ghcr ? std::optional(base64(login().password)) : std::nullopt;
}

bool RegistryTwin::is_public() const { return state_->kind != TwinKind::acr && state_->kind != TwinKind::ecr; }

void RegistryTwin::add(std::string_view name, const std::string& tag, const Image& image) {
  store_image(state_->registry_state, state_->door->folder().append(name), tag, image);
}

void RegistryTwin::add(std::string_view name, const std::string& tag, const Index& index) {
  const auto repository = state_->door->folder().append(name);
  for (const Image& image : index.images) store_image(state_->registry_state, repository, "", image);
  state_->registry_state.put_manifest(repository,
                                      {index.manifest.digest, index.manifest.media_type, index.manifest.bytes});
  state_->registry_state.set_tag(repository, tag, index.manifest.digest);
}

RegistryState& RegistryTwin::state() const { return state_->registry_state; }
void RegistryTwin::revoke_tokens() { state_->door->mint().revoke_all(); }
void RegistryTwin::set_pull_limit(int limit) { state_->door->set_pull_limit(limit); }
HttpServer& RegistryTwin::registry() const { return *state_->registry; }
HttpServer& RegistryTwin::token_server() const {
  return state_->token_server ? *state_->token_server : *state_->registry;
}
HttpServer* RegistryTwin::content() const { return state_->content.get(); }
int RegistryTwin::tokens_issued() const { return state_->door->mint().issued(); }
int RegistryTwin::pulls_counted() const { return state_->door->pulls(); }
std::set<std::string> RegistryTwin::scopes_asked() const { return state_->door->scopes(); }
std::vector<std::string> RegistryTwin::complaints() const { return state_->door->complaints(); }

}  // namespace dray::testing
