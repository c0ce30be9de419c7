#include "support/mcr_twin.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "support/catalogue.hpp"
#include "support/hashing.hpp"
#include "support/signed_links.hpp"

namespace dray::testing {
namespace {

constexpr int first_fwlink = 2041275;

bool is_read(const ServerRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

Answer unsupported() { return error_answer(405, "UNSUPPORTED", "the operation is unsupported"); }

Answer unknown_blob(const std::string& digest) {
  return error_answer(404, "BLOB_UNKNOWN", "blob unknown to registry", digest);
}

std::string scope_of(const RegistryTarget& target, const ServerRequest& request) {
  if (target.route == Route::catalog) return "registry:catalog:*";
  if (target.repository.empty()) return "";
  const std::string prefix = "repository:" + target.repository + ":";
  if (request.method == "DELETE" && target.route != Route::upload) return prefix + "delete";
  return prefix + (is_read(request) && target.route != Route::upload ? "pull" : "pull,push");
}

std::int64_t seconds_from_now(std::chrono::seconds life) {
  const auto then = std::chrono::system_clock::now() + life;
  return std::chrono::duration_cast<std::chrono::seconds>(then.time_since_epoch()).count();
}

}  // namespace

struct McrTwin::State {
  explicit State(const TwinOptions& given)
      : options(given),
        push(registry_state, given.push),
        tokens(given.auth),
        paging(given.paging),
        link_life(given.link_life),
        link_uses(given.link_uses) {}

  TwinOptions options;
  RegistryState registry_state;
  PushService push;
  TokenService tokens;
  SignedLinks links;
  FaultPlan faults;
  Image servercore;

  mutable std::mutex mutex;
  std::string origin;
  Paging paging;
  std::chrono::seconds link_life;
  int link_uses;
  std::map<Route, int> counts;
  std::map<std::string, std::atomic<std::uint64_t>> blob_bytes;
  std::map<std::string, SharedBytes> foreign_layers;  // by digest
  std::map<std::string, std::string> fwlinks;         // link id to digest

  // Declared last: their threads end before what they use.
  std::unique_ptr<HttpServer> registry;
  std::unique_ptr<HttpServer> content;
  std::unique_ptr<HttpServer> foreign;
  std::unique_ptr<HttpServer> token_server;

  void start();
  /// The registry's own; its handler may run before `registry` itself is set.
  std::string own_origin() const {
    const std::lock_guard lock(mutex);
    return origin;
  }
  template <class MakeAnswer>
  void serve(Route route, const ServerRequest& request, Responder& responder, const MakeAnswer& make_answer);
  void send(Answer answer, const std::optional<Fault>& fault, Responder& responder);

  Answer answer_registry(const RegistryTarget& target, const ServerRequest& request);
  Answer answer_allowed(const RegistryTarget& target, const ServerRequest& request);
  Answer answer_list(const RegistryTarget& target, const ServerRequest& request);
  Answer answer_blob(const RegistryTarget& target, const ServerRequest& request);
  Answer answer_content(const ServerRequest& request);
  Answer answer_foreign(const ServerRequest& request);
  Answer blob_content(const ServerRequest& request, const std::string& digest, SharedBytes bytes);
  std::string link_to(const std::string& digest);

  std::string host_foreign(const Blob& blob);
};

template <class MakeAnswer>
void McrTwin::State::serve(Route route, const ServerRequest& request, Responder& responder,
                           const MakeAnswer& make_answer) {
  {
    const std::lock_guard lock(mutex);
    ++counts[route];
  }
  const auto fault = faults.strike(route, request);
  if (!fault) return send(make_answer(request), fault, responder);
  if (fault->stall) return responder.stall();
  if (fault->close) return responder.close(fault->ending);
  if (fault->instead) {
    Answer answer = *fault->instead;
    return send(std::move(answer), fault, responder);
  }
  ServerRequest seen = request;
  if (fault->ignore_range) seen.headers.remove("Range");
  Answer answer = make_answer(seen);
  if (fault->lose_answer) return responder.close(fault->ending);
  send(std::move(answer), fault, responder);
}

void McrTwin::State::send(Answer answer, const std::optional<Fault>& fault, Responder& responder) {
  if (!answer.blob.empty()) {
    const std::lock_guard lock(mutex);
    answer.delivery.counter = &blob_bytes[answer.blob];
  }
  if (fault) fault->apply(answer);
  answer.send(responder);
}

void McrTwin::State::start() {
  ServerOptions server;
  server.tls = options.tls;
  if (options.tls) server.authority = std::make_shared<TlsAuthority>();
  if (options.ipv6) server.address = "::1";
  const auto answer_token = [this](const ServerRequest& request) {
    if (request.path() != "/token") return text_answer(404, "text/plain", "404 page not found\n");
    return request.method == "GET" ? tokens.issue(request) : text_answer(405, "text/plain", "use GET\n");
  };
  if (options.auth.own_origin) {
    token_server = std::make_unique<HttpServer>(
        [this, answer_token](const ServerRequest& request, Responder& responder) {
          serve(Route::token, request, responder, answer_token);
        },
        server);
  }
  content = std::make_unique<HttpServer>(
      [this](const ServerRequest& request, Responder& responder) {
        serve(Route::cdn, request, responder, [this](const ServerRequest& seen) { return answer_content(seen); });
      },
      server);
  foreign = std::make_unique<HttpServer>(
      [this](const ServerRequest& request, Responder& responder) {
        serve(Route::foreign, request, responder, [this](const ServerRequest& seen) { return answer_foreign(seen); });
      },
      server);
  store_fixtures(registry_state);
  servercore = make_servercore();
  servercore = with_urls(servercore, 0, {host_foreign(servercore.layers[0].blob)});
  store_image(registry_state, "windows/servercore", "ltsc2019-amd64", servercore);
  registry = std::make_unique<HttpServer>(
      [this, answer_token](const ServerRequest& request, Responder& responder) {
        if (request.path() == "/token" && !token_server) {
          return serve(Route::token, request, responder, answer_token);
        }
        const RegistryTarget target = parse_registry_path(request.path());
        serve(target.route, request, responder,
              [&](const ServerRequest& seen) { return answer_registry(target, seen); });
      },
      server);
  const std::lock_guard lock(mutex);
  origin = registry->origin();
}

Answer McrTwin::State::answer_registry(const RegistryTarget& target, const ServerRequest& request) {
  if (target.route == Route::unknown) return text_answer(404, "text/plain", "404 page not found\n");
  const std::string realm = (token_server ? token_server->origin() : own_origin()) + "/token";
  auto refusal = tokens.check(request, scope_of(target, request), realm);
  Answer answer = refusal ? std::move(*refusal) : answer_allowed(target, request);
  answer.headers.add("Docker-Distribution-Api-Version", "registry/2.0");
  return answer;
}

Answer McrTwin::State::answer_allowed(const RegistryTarget& target, const ServerRequest& request) {
  if (target.route == Route::upload) return push.answer_upload(target, request, own_origin());
  const bool removable = target.route == Route::manifest || target.route == Route::blob;
  if (removable && request.method == "DELETE") return push.remove(target);
  if (target.route == Route::manifest && request.method == "PUT") return push.put_manifest(target, request);
  if (!is_read(request)) return unsupported();
  switch (target.route) {
    case Route::ping:
      return text_answer(200, "application/json; charset=utf-8", "{}");
    case Route::manifest:
      return answer_manifest(registry_state, target, request);
    case Route::blob:
      return answer_blob(target, request);
    default:
      return answer_list(target, request);
  }
}

Answer McrTwin::State::answer_list(const RegistryTarget& target, const ServerRequest& request) {
  Paging now;
  {
    const std::lock_guard lock(mutex);
    now = paging;
  }
  if (target.route == Route::tags && !registry_state.has_repository(target.repository)) {
    return error_answer(404, "NAME_UNKNOWN", "repository name not known to registry", target.repository);
  }
  const auto names =
      target.route == Route::tags ? registry_state.tags(target.repository) : registry_state.repositories();
  return answer_listing(request, target, names, now, own_origin(), content->origin());
}

Answer McrTwin::State::answer_blob(const RegistryTarget& target, const ServerRequest& request) {
  const std::string& digest = target.reference;
  if (!registry_state.has_blob(target.repository, digest)) return unknown_blob(digest);
  SharedBytes bytes = registry_state.blob_bytes(digest);
  if (options.redirect_blobs || !bytes) return redirect_answer(307, link_to(digest));
  Answer answer = blob_content(request, digest, std::move(bytes));
  answer.headers.add("Docker-Content-Digest", digest);
  return answer;
}

Answer McrTwin::State::blob_content(const ServerRequest& request, const std::string& digest, SharedBytes bytes) {
  Answer answer = content_answer(request, std::move(bytes), "\"" + digest + "\"");
  answer.headers.add("Content-Type", "application/octet-stream");
  answer.blob = digest;
  return answer;
}

std::string McrTwin::State::link_to(const std::string& digest) {
  const bool promised = registry_state.blob_bytes(digest) == nullptr;
  std::int64_t expiry = options.fixture_link_expiry;
  int uses = 0;
  if (!promised) {
    const std::lock_guard lock(mutex);
    expiry = seconds_from_now(link_life);
    uses = link_uses;
  }
  const std::string link = content->origin() + links.make(digest, expiry, uses);
  if (options.redirects <= 1) return link;
  return content->origin() + "/hop/" + std::to_string(options.redirects - 2) + "?to=" + percent_encode(link);
}

Answer McrTwin::State::answer_content(const ServerRequest& request) {
  constexpr std::string_view hop = "/hop/";
  if (request.path().starts_with(hop)) {
    const int left = std::stoi(std::string(request.path().substr(hop.size())));
    const std::string to = request.parameter("to").value_or("");
    if (left == 0) return redirect_answer(302, to);
    return redirect_answer(302, "/hop/" + std::to_string(left - 1) + "?to=" + percent_encode(to));
  }
  if (request.headers.has("Authorization")) {
    return text_answer(400, "application/xml", "<Error><Code>InvalidAuthenticationInfo</Code></Error>");
  }
  if (!is_read(request)) return text_answer(405, "text/plain", "");
  if (options.content_refuses_head && request.method == "HEAD") return text_answer(403, "text/plain", "");
  const auto digest = links.check(request);
  if (!digest) return text_answer(403, "application/xml", "<Error><Code>AuthenticationFailed</Code></Error>");
  SharedBytes bytes = registry_state.blob_bytes(*digest);
  if (!bytes) return text_answer(404, "application/xml", "<Error><Code>BlobNotFound</Code></Error>");
  return blob_content(request, *digest, std::move(bytes));
}

Answer McrTwin::State::answer_foreign(const ServerRequest& request) {
  if (request.headers.has("Authorization")) return text_answer(400, "text/plain", "no credentials, please\n");
  if (request.path() == "/loop") return redirect_answer(302, "/loop");
  const std::lock_guard lock(mutex);
  if (request.path() == "/fwlink/") {
    const auto found = fwlinks.find(request.parameter("linkid").value_or(""));
    if (found != fwlinks.end()) return redirect_answer(302, "/layers/" + found->second);
  }
  const auto layer = foreign_layers.find(std::string(request.path().substr(request.path().rfind('/') + 1)));
  if (layer == foreign_layers.end()) return text_answer(404, "text/html", "<h1>not found</h1>");
  return blob_content(request, layer->first, layer->second);
}

std::string McrTwin::State::host_foreign(const Blob& blob) {
  const std::lock_guard lock(mutex);
  foreign_layers[blob.digest] = blob.bytes;
  const std::string id = std::to_string(first_fwlink + static_cast<int>(fwlinks.size()));
  fwlinks[id] = blob.digest;
  return foreign->origin() + "/fwlink/?linkid=" + id;
}

McrTwin::McrTwin(TwinOptions options) : state_(std::make_unique<State>(options)) { state_->start(); }
McrTwin::~McrTwin() = default;

HttpServer& McrTwin::registry() const { return *state_->registry; }
HttpServer& McrTwin::content() const { return *state_->content; }
HttpServer& McrTwin::foreign() const { return *state_->foreign; }

HttpServer& McrTwin::token_server() const {
  if (!state_->token_server) throw std::logic_error("the token server has no origin of its own");
  return *state_->token_server;
}

void McrTwin::add(const std::string& repository, const std::string& tag, const Image& image) {
  store_image(state_->registry_state, repository, tag, image);
}

void McrTwin::add(const std::string& repository, const std::string& tag, const Index& index) {
  for (const Image& image : index.images) store_image(state_->registry_state, repository, "", image);
  add_manifest(repository, tag, index.manifest.media_type, *index.manifest.bytes);
}

void McrTwin::add_manifest(const std::string& repository, const std::string& tag, const std::string& media_type,
                           std::string bytes, const std::string& digest) {
  const std::string name = digest.empty() ? digest_of(bytes) : digest;
  state_->registry_state.put_manifest(repository, {name, media_type, share(std::move(bytes))});
  if (!tag.empty()) state_->registry_state.set_tag(repository, tag, name);
}

void McrTwin::replace_blob(const std::string& digest, std::string bytes) {
  state_->registry_state.replace_blob(digest, share(std::move(bytes)));
}

Image McrTwin::make_foreign(Image image, std::size_t layer) {
  const std::string url = state_->host_foreign(image.layers.at(layer).blob);
  return with_urls(std::move(image), layer, {url});
}

const Image& McrTwin::servercore() const { return state_->servercore; }
RegistryState& McrTwin::state() const { return state_->registry_state; }

void McrTwin::fault(FaultRule rule) { state_->faults.add(std::move(rule)); }
void McrTwin::clear_faults() { state_->faults.clear(); }

void McrTwin::set_paging(const Paging& paging) {
  const std::lock_guard lock(state_->mutex);
  state_->paging = paging;
}

void McrTwin::set_link_life(std::chrono::seconds life, int uses) {
  const std::lock_guard lock(state_->mutex);
  state_->link_life = life;
  state_->link_uses = uses;
}

void McrTwin::expire_links() { state_->links.expire_all(); }
void McrTwin::revoke_tokens() { state_->tokens.revoke_all(); }
int McrTwin::tokens_issued() const { return state_->tokens.issued(); }
int McrTwin::links_made() const { return state_->links.made(); }

int McrTwin::count(Route route) const {
  const std::lock_guard lock(state_->mutex);
  if (route != Route::any) return state_->counts[route];
  int sum = 0;
  for (const auto& [key, value] : state_->counts) sum += value;
  return sum;
}

std::uint64_t McrTwin::blob_bytes_sent(const std::string& digest) const {
  const std::lock_guard lock(state_->mutex);
  return state_->blob_bytes[digest];
}

}  // namespace dray::testing
