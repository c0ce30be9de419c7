#include <dray/settings/endpoints.hpp>

#include "entry_key.hpp"

namespace dray::settings {
namespace {

class Endpoints final : public client::EndpointPolicy {
 public:
  explicit Endpoints(const EndpointOptions& options)
      : plain_http_(lowered(options.plain_http)), https_(lowered(options.https)) {}

  Result<client::Endpoint> endpoint(const Registry& registry) override {
    const auto host = registry.is_docker_hub() ? std::string("registry-1.docker.io") : registry.text();
    DRAY_TRY_ASSIGN(auto base, http::Url::parse((is_plain(registry) ? "http://" : "https://") + host + "/"));
    return client::Endpoint{std::move(base)};
  }

 private:
  static std::set<std::string> lowered(const std::set<std::string>& names) {
    std::set<std::string> result;
    for (const auto& name : names) result.insert(lower_case(name));
    return result;
  }

  static bool names(const std::set<std::string>& names, const Registry& registry) {
    return names.contains(lower_case(registry.text())) || names.contains(lower_case(registry.host()));
  }

  [[nodiscard]] bool is_plain(const Registry& registry) const {
    if (names(plain_http_, registry)) return true;
    return registry.is_loopback_name() && !names(https_, registry);
  }

  std::set<std::string> plain_http_;
  std::set<std::string> https_;
};

}  // namespace

std::shared_ptr<client::EndpointPolicy> endpoints(EndpointOptions options) {
  return std::make_shared<Endpoints>(options);
}

}  // namespace dray::settings
