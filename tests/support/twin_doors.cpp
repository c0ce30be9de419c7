// What is peculiar to each registry. A rule names its source. Where nobody has looked it up again or asked the real
// registry, it is marked unverified, as in docs/registries.md.
#include <boost/json.hpp>

#include "support/hashing.hpp"
#include "support/twin_door.hpp"

namespace dray::testing {
namespace {

bool is_mount(const RegistryTarget& target, const ServerRequest& request) {
  return target.route == Route::upload && request.method == "POST" && request.parameter("mount");
}

/// Docker Hub.
class HubDoor final : public BearerDoor {
 public:
  // Source: distribution, docs/spec/auth/token.md and oauth.md, which quote the challenge of registry-1.docker.io
  // (realm on another host, service) and describe GET and POST. Unverified: both members in every answer, and 300 s.
  HubDoor()
      : BearerDoor({.service = "registry.docker.io",
                    .path = "/token",
                    .takes_post = true,
                    .gives_refresh_tokens = true,
                    .says_access_token = true}) {}

  [[nodiscard]] TwinLogin login() const override { return {"someone", "dckr_pat_MARKED-hub"}; }
  // Source: docs.docker.com, "official images": a name of one component lies in `library/`.
  [[nodiscard]] std::string folder() const override { return "library/"; }
  [[nodiscard]] bool has_token_host() const override { return true; }
  [[nodiscard]] bool redirects_blobs() const override { return true; }

  [[nodiscard]] std::optional<Answer> refuse(const RegistryTarget& target, const ServerRequest& request) override {
    // Unverified: the bare name is nobody's, and nobody's token opens it.
    if (!target.repository.empty() && target.repository.find('/') == std::string::npos) {
      return error_answer(401, "UNAUTHORIZED", "authentication required", target.repository);
    }
    return BearerDoor::refuse(target, request);
  }

  [[nodiscard]] std::optional<Answer> answer(const RegistryTarget& target, const ServerRequest& request) override {
    if (target.route == Route::catalog) return error_answer(404, "NAME_UNKNOWN", "no catalog");
    // Source: go-containerregistry #1741: `origin` of another registry makes a mount fail.
    if (is_mount(target, request) && request.parameter("origin")) return error_answer(400, "NAME_INVALID", "origin");
    if (target.route != Route::manifest || request.method != "GET") return std::nullopt;
    // Source: docs.docker.com, "Docker Hub usage and limits": GET of a manifest is a pull, HEAD is none.
    if (pulls_ >= pull_limit_) {
      auto answer = error_answer(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.");
      add_limits(answer);
      return answer;
    }
    ++pulls_;
    return std::nullopt;
  }

  void dress(const RegistryTarget& target, const ServerRequest& /*request*/, Answer& answer) override {
    if (target.route == Route::manifest && answer.status == 200) add_limits(answer);
  }

 private:
  // Source: docs.docker.com, "Docker Hub usage and limits": `100;w=21600`. Unverified: the header of the source.
  void add_limits(Answer& answer) const {
    answer.headers.set("RateLimit-Limit", std::to_string(pull_limit_) + ";w=21600");
    answer.headers.set("RateLimit-Remaining", std::to_string(pull_limit_ - pulls_) + ";w=21600");
    answer.headers.set("docker-ratelimit-source", "192.0.2.1");
  }
};

/// GitHub's registry.
class GhcrDoor final : public BearerDoor {
 public:
  // Source: seeds of the project (`https://ghcr.io/token`, public images too need a token). Unverified: 405 to
  // POST.
  GhcrDoor() : BearerDoor({.service = "ghcr.io", .path = "/token", .post_status = 405, .says_life = false}) {}

  [[nodiscard]] TwinLogin login() const override { return {"octocat", "ghp_MARKEDghcr"}; }
  [[nodiscard]] std::string folder() const override { return "octocat/"; }
  [[nodiscard]] bool redirects_blobs() const override { return true; }
  // Source: seen on ghcr.io, whose listings end with a link to `n=0`.
  [[nodiscard]] Paging paging() const override { return {.page_size = 100, .mode = Paging::Mode::n_zero}; }

 protected:
  // Source: GitHub's own examples for curl: the base64 of a personal access token is a bearer token.
  [[nodiscard]] bool takes_bearer(std::string_view token) const override { return token == base64(login().password); }
};

constexpr const char* acr_refresh_user = "00000000-0000-0000-0000-000000000000";
constexpr const char* aad_token = "MARKED-aad-access-token";

/// Azure Container Registry.
class AcrDoor final : public BearerDoor {
 public:
  // Source: Azure/acr, docs/AAD-OAuth.md: realm `/oauth2/token`, the service is the login server, the answer's only
  // member is `access_token`; strangers are not let in unless anonymous pull is on.
  AcrDoor()
      : BearerDoor({.path = "/oauth2/token",
                    .anonymous_pull = false,
                    .takes_post = true,
                    .says_token = false,
                    .says_access_token = true,
                    .says_life = false}) {}

  [[nodiscard]] TwinLogin login() const override { return {"service-principal", "MARKED-acr-password"}; }
  [[nodiscard]] bool redirects_blobs() const override { return true; }

  [[nodiscard]] std::optional<Answer> answer_token(const ServerRequest& request) override {
    if (request.path() == "/oauth2/exchange" && request.method == "POST") return exchange(request);
    return BearerDoor::answer_token(request);
  }

 protected:
  // Source: Azure/acr, docs/AAD-OAuth.md: with the null GUID as user the password is a refresh token.
  [[nodiscard]] bool takes_basic(std::string_view value) const override {
    if (BearerDoor::takes_basic(value)) return true;
    const std::lock_guard lock(mutex_);
    return refresh_logins_.contains(std::string(value));
  }

  [[nodiscard]] std::optional<Answer> answer_form(const ServerRequest& request) override {
    const auto form = parse_form(request.body);
    if (!form || !form->contains("grant_type")) return oauth_error(400, "invalid_request", "the form is broken");
    // Source: containerd, core/remotes/docker/auth/fetch.go, whose comment says that ACR answers 400 to a password.
    if (form->at("grant_type") != "refresh_token") {
      return oauth_error(400, "unsupported_grant_type", form->at("grant_type"));
    }
    return BearerDoor::answer_form(request);
  }

 private:
  Answer exchange(const ServerRequest& request) {
    const auto form = parse_form(request.body);
    const auto is = [&](const std::string& name, const std::string& value) {
      return form && form->contains(name) && form->at(name) == value;
    };
    if (!is("grant_type", "access_token") || !is("service", service()) || !is("access_token", aad_token)) {
      return oauth_error(401, "invalid_grant", "the access token is not taken");
    }
    const auto refresh = mint().issue_refresh(acr_refresh_user);
    const std::lock_guard lock(mutex_);
    refresh_logins_.insert(base64(std::string(acr_refresh_user) + ":" + refresh));
    return text_answer(200, "application/json",
                       boost::json::serialize(boost::json::object{{"refresh_token", refresh}}));
  }

  mutable std::mutex mutex_;
  std::set<std::string> refresh_logins_;
};

/// Amazon's private registry.
class EcrDoor final : public TwinDoor {
 public:
  // Unverified: the user `AWS` with a password for 12 hours, by AWS's "Private registry authentication".
  [[nodiscard]] TwinLogin login() const override { return {"AWS", "MARKED-ecr-authorization-token"}; }
  [[nodiscard]] bool redirects_blobs() const override { return true; }
  // Unverified: a push to a repository that nobody made is answered 404.
  [[nodiscard]] bool makes_no_repositories() const override { return true; }

  [[nodiscard]] std::optional<Answer> refuse(const RegistryTarget& /*target*/, const ServerRequest& request) override {
    const auto who = login();
    const auto authorization = request.headers.get("Authorization");
    if (authorization == "Basic " + base64(who.user + ":" + who.password)) return std::nullopt;
    if (authorization.starts_with("Bearer ")) complain("a bearer token where Basic was asked for");
    auto answer = text_answer(401, "text/plain; charset=utf-8", "Not Authorized\n");
    answer.headers.add("WWW-Authenticate", "Basic realm=\"" + places().registry + "/\",service=\"ecr.amazonaws.com\"");
    return answer;
  }

  [[nodiscard]] std::optional<Answer> answer(const RegistryTarget& target, const ServerRequest& request) override {
    // Source: go-containerregistry #681 and #1091: a page size above 1000 is an error.
    const auto n = request.parameter("n");
    if ((target.route == Route::tags || target.route == Route::catalog) && n && n->size() > 3 && *n != "1000") {
      return error_answer(400, "UNSUPPORTED", "Invalid parameter at 'maxResults'");
    }
    // Source: aws/containers-roadmap #2831: chunks after the first are dropped, `Range` stays.
    const auto range = request.headers.find("Content-Range");
    if (request.method == "PATCH" && range && !range->starts_with("0-")) {
      Answer dropped;
      dropped.status = 201;
      dropped.headers = {{"Location", request.target}, {"Range", "0-0"}};
      return dropped;
    }
    return std::nullopt;
  }

  void dress(const RegistryTarget& /*target*/, const ServerRequest& request, Answer& answer) override {
    // Source: aws/containers-roadmap #2831: PATCH answers 201.
    if (request.method == "PATCH" && answer.status == 202) answer.status = 201;
  }
};

/// Google's Artifact Registry and gcr.io.
class GoogleDoor final : public BearerDoor {
 public:
  // Source: containers/image, docker/docker_client.go: a 401 of a real request has no challenge, the ping's has one.
  // Source: containerd, core/remotes/docker/auth/fetch.go: gcr.io answers 404 to POST. The path is unverified.
  GoogleDoor() : BearerDoor({.path = "/v2/token", .challenges_paths = false, .says_life = true}) {}

  // Unverified: an access token of this user, or `_json_key` with the key file itself, by Google's "Configure
  // authentication to Artifact Registry".
  [[nodiscard]] TwinLogin login() const override { return {"oauth2accesstoken", "ya29.MARKED-google"}; }
  [[nodiscard]] std::string folder() const override { return "project/repository/"; }

  [[nodiscard]] std::optional<Answer> answer(const RegistryTarget& /*target*/, const ServerRequest& request) override {
    // Source: dotnet/sdk-container-builds #287: no chunked uploads. The status is unverified.
    if (request.method == "PATCH") return error_answer(405, "UNSUPPORTED", "chunked uploads are not supported");
    return std::nullopt;
  }

  void dress(const RegistryTarget& target, const ServerRequest& request, Answer& answer) override {
    // Source: go-containerregistry, pkg/v1/google/list.go: beside the tags, `child` and `manifest`.
    if (target.route != Route::tags || request.method != "GET" || answer.status != 200) return;
    auto document = boost::json::parse(answer.body()).as_object();
    document["child"] = boost::json::array();
    document["manifest"] = boost::json::object();
    answer.set_body(boost::json::serialize(document));
  }

 protected:
  [[nodiscard]] bool takes_basic(std::string_view value) const override {
    return BearerDoor::takes_basic(value) || value == base64("_json_key:{\"type\":\"service_account\"}");
  }
};

/// Red Hat's quay.io.
class QuayDoor final : public BearerDoor {
 public:
  // Unverified: realm `/v2/auth`, the host as service; no POST.
  QuayDoor() : BearerDoor({.path = "/v2/auth", .post_status = 405, .says_life = false}) {}

  // Unverified: a robot's name is `namespace+robot`.
  [[nodiscard]] TwinLogin login() const override { return {"team+robot", "MARKED-quay-robot-token"}; }
  [[nodiscard]] bool redirects_blobs() const override { return true; }
  // Source: seen on quay.io: pages of 50, or of 100 where that is asked for.
  [[nodiscard]] Paging paging() const override { return {.page_size = 50}; }

  [[nodiscard]] std::optional<Answer> answer(const RegistryTarget& target, const ServerRequest& request) override {
    // Source: go-containerregistry, pkg/v1/remote/write.go: a mount without `from` fails.
    if (is_mount(target, request) && !request.parameter("from")) return error_answer(400, "NAME_INVALID", "no from");
    return std::nullopt;
  }
};

/// Harbor.
class HarborDoor final : public BearerDoor {
 public:
  // Unverified: realm `/service/token`, service `harbor-registry`, POST is not taken.
  HarborDoor() : BearerDoor({.service = "harbor-registry", .path = "/service/token", .says_access_token = true}) {}

  // Unverified: a robot's name begins with `robot$`.
  [[nodiscard]] TwinLogin login() const override { return {"robot$team+builder", "MARKED-harbor-secret"}; }

  [[nodiscard]] std::optional<Answer> answer_token(const ServerRequest& request) override {
    if (const auto refused = refuse_cookie(request)) return refused;
    auto answer = BearerDoor::answer_token(request);
    if (answer) set_cookie(*answer);
    return answer;
  }
  [[nodiscard]] std::optional<Answer> refuse(const RegistryTarget& target, const ServerRequest& request) override {
    if (auto refused = refuse_cookie(request)) return refused;
    return BearerDoor::refuse(target, request);
  }
  void dress(const RegistryTarget& target, const ServerRequest& request, Answer& answer) override {
    set_cookie(answer);
    // Source: containers/image, docker/errors.go: Harbor 2.10 reports a missing manifest as UNKNOWN with "Not Found".
    if (target.route == Route::manifest && answer.status == 404 && request.method == "GET") {
      answer.set_body(R"({"errors":[{"code":"UNKNOWN","message":"Not Found"}]})");
    }
  }

 private:
  static void set_cookie(Answer& answer) { answer.headers.set("Set-Cookie", "sid=MARKED-cookie; Path=/; HttpOnly"); }
  // Source: dotnet/sdk #33019: a client that sends cookies back breaks its session. The status is unverified.
  std::optional<Answer> refuse_cookie(const ServerRequest& request) {
    if (!request.headers.has("Cookie")) return std::nullopt;
    complain("a cookie came back");
    return error_answer(403, "DENIED", "CSRF token invalid");
  }
};

/// GitLab's registry.
class GitlabDoor final : public BearerDoor {
 public:
  // Unverified: realm `/jwt/auth` on GitLab's own host, service `container_registry`, `token` alone, POST is not taken.
  GitlabDoor() : BearerDoor({.service = "container_registry", .path = "/jwt/auth", .says_life = false}) {}

  // Unverified: a deploy token with its user, or a personal one.
  [[nodiscard]] TwinLogin login() const override { return {"gitlab+deploy-token-1", "gldt-MARKED"}; }
  [[nodiscard]] std::string folder() const override { return "group/project/"; }
  [[nodiscard]] bool has_token_host() const override { return true; }
};

}  // namespace

std::unique_ptr<TwinDoor> make_door(TwinKind kind) {
  switch (kind) {
    case TwinKind::docker_hub:
      return std::make_unique<HubDoor>();
    case TwinKind::ghcr:
      return std::make_unique<GhcrDoor>();
    case TwinKind::acr:
      return std::make_unique<AcrDoor>();
    case TwinKind::ecr:
      return std::make_unique<EcrDoor>();
    case TwinKind::google:
      return std::make_unique<GoogleDoor>();
    case TwinKind::quay:
      return std::make_unique<QuayDoor>();
    case TwinKind::harbor:
      return std::make_unique<HarborDoor>();
    case TwinKind::gitlab:
      return std::make_unique<GitlabDoor>();
  }
  return nullptr;
}

}  // namespace dray::testing
