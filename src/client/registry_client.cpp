#include <fmt/format.h>
#include <dray/base/guarded.hpp>
#include <dray/client/mirrored.hpp>
#include <dray/client/registry_client.hpp>
#include <dray/core/limits.hpp>
#include <dray/http/response.hpp>

#include <map>
#include <set>
#include <utility>

#include "answer.hpp"
#include "auth/authenticator.hpp"
#include "auth/basic.hpp"
#include "listing.hpp"
#include "warning.hpp"

namespace dray::client {
namespace {

/// Warnings told once; more different ones than this are not told at all.
constexpr std::size_t max_warnings = 100;

class Client final : public RegistryClient {
 public:
  Client(std::shared_ptr<http::Session> session, ClientOptions options)
      : session_(std::move(session)), options_(std::move(options)), authenticator_(session_, options_) {
    if (!options_.observer) options_.observer = std::make_shared<Observer>();
  }

  Result<std::unique_ptr<http::Exchange>> send(const Registry& registry, const ApiCall& call,
                                               const std::stop_token& stop) override {
    DRAY_TRY_ASSIGN(const auto endpoint, options_.endpoints->endpoint(registry));
    DRAY_TRY_ASSIGN(auto url, url_of(endpoint.base, call.path));
    if (url.origin() != endpoint.base.origin()) return send_elsewhere(endpoint.base, std::move(url), call, stop);
    return send_home(registry, endpoint.base, url, call, stop);
  }

  Result<std::unique_ptr<http::Exchange>> get_foreign(const Registry& registry, const http::Url& url,
                                                      const http::Headers& headers,
                                                      const std::stop_token& stop) override {
    DRAY_TRY_ASSIGN(const auto endpoint, options_.endpoints->endpoint(registry));
    DRAY_TRY(check_encrypted(endpoint.base, url));
    DRAY_TRY_ASSIGN(const auto rule, rule_elsewhere(endpoint.base, stop));
    http::Call call = bare_call({http::Method::get, url, {}, std::nullopt, rule});
    call.everywhere = headers;
    call.request.shows_certificate = false;
    return session_->send(call, stop);
  }

  Result<LoginAnswer> log_in(const Registry& registry, const Credential& credential, const LoginOptions& options,
                             const std::stop_token& stop) override {
    DRAY_TRY_ASSIGN(const auto endpoint, options_.endpoints->endpoint(registry));
    const std::vector<Scope> no_scopes;
    return authenticator_.log_in({registry, endpoint.base, no_scopes, {}}, credential, options, stop);
  }

  Result<std::string> token(const Registry& registry, const std::vector<Scope>& scopes,
                            const std::stop_token& stop) override {
    DRAY_TRY_ASSIGN(const auto endpoint, options_.endpoints->endpoint(registry));
    return authenticator_.token(AccessTarget{registry, endpoint.base, scopes, {}}, stop);
  }

  std::optional<RateLimit> rate_limit(const Registry& registry) override {
    return rate_limits_.with([&](const auto& limits) {
      const auto found = limits.find(registry.text());
      return found == limits.end() ? std::nullopt : std::optional(found->second);
    });
  }

  Result<http::Url> base_url(const Registry& registry) override {
    DRAY_TRY_ASSIGN(auto endpoint, options_.endpoints->endpoint(registry));
    return std::move(endpoint.base);
  }
  MirrorPolicy* mirrors() noexcept override { return options_.mirrors.get(); }
  Observer& observer() noexcept override { return *options_.observer; }
  Clock& clock() noexcept override { return session_->clock(); }

  Result<std::vector<std::string>> catalog(const Registry& registry, const std::stop_token& stop) override {
    Listing listing{registry,
                    fmt::format("/v2/_catalog?n={}", catalog_page),
                    {catalog_scope()},
                    "repositories",
                    "list the repositories of " + registry.text()};
    auto names = list_all(*this, listing, stop);
    if (!names && names.error().peer_status() == 400) {
      listing.path = "/v2/_catalog";  // a page size that it does not take
      names = list_all(*this, listing, stop);
    }
    if (names || names.error().code() != ErrorCode::not_found) return names;
    return Error(ErrorCode::unsupported, names.error().message() + "; it has no catalog")
        .with_peer(names.error().peer_status(), names.error().peer_words());
  }

 private:
  static constexpr int catalog_page = 1000;

  static Result<http::Url> url_of(const http::Url& base, const std::string& path) {
    if (path.starts_with("/")) return http::Url::parse(base.text() + path.substr(1));
    return http::Url::parse(path);
  }

  [[nodiscard]] http::Call bare_call(http::Request request) const {
    http::Call call{std::move(request), {}, {}, true, false, {}};
    call.policy.allow_private = options_.allow_private;
    return call;
  }

  Result<std::unique_ptr<http::Exchange>> send_home(const Registry& registry, const http::Url& base,
                                                    const http::Url& url, const ApiCall& call,
                                                    const std::stop_token& stop) {
    const AccessTarget target{registry, base, call.scopes, call.token_life};
    http::Call request = bare_call({call.method, url, call.headers, call.body, http::AddressRule::any});
    request.everywhere = call.everywhere;
    request.follow = call.follow;
    request.may_repeat = call.may_repeat;

    DRAY_TRY_ASSIGN(auto access, authenticator_.first(target, stop));
    while (true) {
      request.authorize = nullptr;
      if (auto value = access.authorization()) request.authorize = bound_to(base.origin(), *std::move(value));
      DRAY_TRY_ASSIGN(auto answer, session_->send(request, stop));
      authenticator_.note_reached(base, answer->head());
      tell_warnings(registry, answer->head());
      if (answer->head().url.origin() == base.origin()) note_rate_limit(registry, answer->head());
      DRAY_TRY_ASSIGN(auto decision, authenticator_.after(target, answer->head(), access, stop));
      if (!decision.retry) return with_note(std::move(answer), std::move(decision.note));
      http::discard(std::move(answer));
      access = *std::move(decision.retry);
    }
  }

  static std::unique_ptr<http::Exchange> with_note(std::unique_ptr<http::Exchange> answer, std::string note) {
    const auto status = answer->head().status;
    if ((status != 401 && status != 403) || note.empty()) return answer;
    return std::make_unique<RefusedAnswer>(std::move(answer), std::move(note));
  }

  Result<std::unique_ptr<http::Exchange>> send_elsewhere(const http::Url& base, http::Url url, const ApiCall& call,
                                                         const std::stop_token& stop) {
    DRAY_TRY(check_encrypted(base, url));
    DRAY_TRY_ASSIGN(const auto rule, rule_elsewhere(base, stop));
    http::Call request = bare_call({call.method, std::move(url), {}, call.body, rule});
    request.everywhere = call.everywhere;
    request.follow = call.follow;
    request.may_repeat = call.may_repeat;
    request.request.shows_certificate = false;
    return session_->send(request, stop);
  }

  static Result<void> check_encrypted(const http::Url& base, const http::Url& url) {
    if (!base.origin().is_secure() || url.origin().is_secure()) return {};
    return Error(ErrorCode::denied, fmt::format("{} leads to {}, which is not encrypted; this is never followed",
                                                base.origin().text(), url.printable().text()));
  }

  /// Which addresses the registry may lead us to.
  Result<http::AddressRule> rule_elsewhere(const http::Url& base, const std::stop_token& stop) {
    if (options_.allow_private) return http::AddressRule::any;
    DRAY_TRY_ASSIGN(const auto reached, authenticator_.reached(base, stop));
    return http::rule_behind(reached);
  }

  void tell_warnings(const Registry& registry, const http::ResponseHead& head) {
    for (auto& text : read_warnings(head.headers.all("Warning"))) {
      const bool is_new = warnings_.with([&](std::set<std::string>& told) {
        return told.size() < max_warnings && told.insert(registry.text() + " " + text).second;
      });
      if (is_new) options_.observer->on(Observer::Note{fmt::format("{} warns: {}", registry.text(), text)});
    }
  }

  void note_rate_limit(const Registry& registry, const http::ResponseHead& head) {
    auto limit = parse_rate_limit(head.headers, clock().wall_now());
    if (!limit) return;
    const bool is_new = rate_limits_.with([&](auto& limits) {
      auto& known = limits[registry.text()];
      if (known == *limit) return false;
      known = *limit;
      return true;
    });
    if (is_new) options_.observer->on(Observer::RateLimitSeen{registry.text(), *std::move(limit)});
  }

  std::shared_ptr<http::Session> session_;
  ClientOptions options_;
  Authenticator authenticator_;
  Guarded<std::set<std::string>> warnings_;
  Guarded<std::map<std::string, RateLimit>> rate_limits_;
};

}  // namespace

std::shared_ptr<RegistryClient> RegistryClient::make(std::shared_ptr<http::Session> session, ClientOptions options) {
  return std::make_shared<Client>(std::move(session), std::move(options));
}

}  // namespace dray::client
