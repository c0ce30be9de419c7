#include <dray/core/reference.hpp>
#include <dray/server/limits.hpp>
#include <dray/server/registry.hpp>

#include "api_error.hpp"
#include "deferred_access.hpp"
#include "endpoints/endpoints.hpp"
#include "percent.hpp"
#include "pull_through.hpp"
#include "routes.hpp"

namespace dray::server {
namespace {

/// What a use needs of the access, in the words of its policy.
std::vector<Need> needs_of(Use use, const std::string& repository) {
  switch (use) {
    case Use::pull:
      return {{repository, Action::pull}};
    case Use::push:
      return {{repository, Action::pull}, {repository, Action::push}};
    case Use::remove:
      return {{repository, Action::remove}};
    case Use::catalog:
      return {{std::string(), Action::pull}};
    case Use::open:
    case Use::version:
      return {};
  }
  return {};
}

Response method_not_allowed(const Route& route, const RegistryOptions& options) {
  auto response = refusal(ApiCode::unsupported, "this registry does not offer this operation here");
  response.headers.add("Allow", allowed_methods(route, options));
  return response;
}

class RegistryService final : public Service {
 public:
  explicit RegistryService(Services services) : services_(std::move(services)) {}

  [[nodiscard]] Handled handle(Request& request) override {
    auto handled = dispatch(request);
    if (auto* const response = std::get_if<Response>(&handled)) add_common_headers(*response);
    return handled;
  }

  [[nodiscard]] Response refuse_early(int status, std::string_view why) override {
    const auto code = status == 503 ? ApiCode::unavailable : ApiCode::unsupported;
    auto response = refusal_with_status(status, code, why);
    if (status == 503) response.headers.add("Retry-After", "1");
    add_common_headers(response);
    return response;
  }

 private:
  [[nodiscard]] Handled dispatch(Request& request) {
    const auto& access = *services_.access;
    if (!services_.options.content_only && !access.token_path().empty() && request.path == access.token_path()) {
      return answer_token(services_, request);
    }
    auto routed = find_route(request.path);
    if (!routed) return refusal_with_status(404, ApiCode::unsupported, "there is nothing at this path");
    if (!routed->name.empty()) {
      if (const auto valid = check_repository_path(routed->name); !valid) {
        return refusal(ApiCode::name_invalid, valid.error().message());
      }
    }
    if (request.method == Method::options) return options_answer(*routed->route);
    const auto* const operation = find_operation(*routed->route, request.method);
    if (operation == nullptr || !is_offered(operation->use, services_.options)) {
      return method_not_allowed(*routed->route, services_.options);
    }
    if (services_.options.content_only && operation->use != Use::open && operation->handle != endpoints::get_blob) {
      return refusal(ApiCode::denied, "this host gives only what a link names");
    }
    Call call{
        .request = request, .repository = qualified(request, std::move(routed->name)), .last = std::move(routed->last)};
    if (is_push_to_a_copy(operation->use, call.repository)) {
      return refusal(ApiCode::unsupported, "this repository is a copy of an upstream's: push there");
    }
    if (operation->use == Use::open || services_.options.content_only) return operation->handle(services_, call);
    auto needs = needs_of(operation->use, call.repository);
    return with_access(services_, *operation, std::move(needs), std::move(call));
  }

  /// containerd asks a mirror for `docker.io`'s repositories with `?ns=docker.io`: here they lie below that name.
  [[nodiscard]] std::string qualified(const Request& request, std::string repository) const {
    if (!services_.pull_through || repository.empty()) return repository;
    const auto* const ns = request.parameter("ns");
    if (ns == nullptr || ns->empty() || repository.starts_with(*ns + "/")) return repository;
    auto qualified = *ns + "/" + repository;
    return check_repository_path(qualified) ? qualified : repository;
  }

  [[nodiscard]] bool is_push_to_a_copy(Use use, const std::string& repository) const {
    return use == Use::push && services_.pull_through && services_.pull_through->is_upstreams(repository);
  }

  [[nodiscard]] Response options_answer(const Route& route) const {
    Response response;
    response.status = 204;
    response.headers.add("Allow", allowed_methods(route, services_.options));
    return response;
  }

  Services services_;
};

}  // namespace

void add_common_headers(Response& response) {
  response.headers.add("Docker-Distribution-Api-Version", "registry/2.0");
  response.headers.add("X-Content-Type-Options", "nosniff");
}

std::shared_ptr<Service> make_registry_service(std::shared_ptr<RegistryStorage> storage, std::shared_ptr<Access> access,
                                               std::shared_ptr<UpstreamProvider> upstream, RegistryOptions options,
                                               Clock& clock, MoreMetrics more_metrics) {
  std::shared_ptr<PullThrough> pull_through;
  if (upstream) pull_through = PullThrough::make(storage, std::move(upstream), options.tag_age, clock);
  return std::make_shared<RegistryService>(Services{std::move(storage), std::move(access), std::move(pull_through),
                                                    std::move(options), clock, std::move(more_metrics)});
}

}  // namespace dray::server
