#include "network.hpp"

#include <dray/client/observer.hpp>
#include <dray/settings/certificates.hpp>
#include <dray/settings/endpoints.hpp>
#include <dray/settings/environment.hpp>
#include <iterator>
#include <utility>

namespace dray {
namespace {

settings::RegistriesOptions registries_options(const Options& options) {
  settings::RegistriesOptions result;
  result.file = options.registries_conf;
  result.none = options.no_registries_conf;
  result.warn = options.warn;
  result.note = [observer = options.client_observer](const std::string& text) {
    if (observer) observer->on(client::Observer::Note{text});
  };
  return result;
}

std::vector<std::string> list(const std::optional<std::string>& file) {
  return file ? std::vector{*file} : std::vector<std::string>();
}

/// As references name the registry at this origin.
std::string registry_text(const http::Origin& origin) {
  constexpr std::uint16_t https_port = 443;
  constexpr std::uint16_t http_port = 80;
  const auto host = origin.host.find(':') == std::string::npos ? origin.host : "[" + origin.host + "]";
  if (origin.port == (origin.is_secure() ? https_port : http_port)) return host;
  return host + ":" + std::to_string(origin.port);
}

}  // namespace

Network::Network(const Options& options)
    : insecure_(options.insecure),
      ca_files_(list(options.ca_file)),
      client_certificate_(options.client_certificate),
      addresses_(options.addresses),
      proxy_(options.proxy),
      certificate_folders_(settings::certificate_folders(settings::process_environment())),
      registries_(
          std::make_shared<settings::RegistriesConf>(registries_options(options), settings::process_environment())),
      endpoints_(settings::endpoints({options.plain_http, options.https})) {}

Result<client::Endpoint> Network::endpoint(const Registry& registry) {
  auto endpoint = endpoints_->endpoint(registry);
  if (endpoint) {
    own_.with([&](auto& own) { own.insert(endpoint->base.origin()); });
  }
  return endpoint;
}

http::CurlOptions Network::transport_options() {
  http::CurlOptions curl;
  curl.user_agent = "dray/" DRAY_VERSION;
  curl.addresses = addresses_;
  curl.proxy = proxy_;
  curl.tls = [self = shared_from_this()](const http::Origin& origin) { return self->tls(origin); };
  curl.shows_certificate = [self = shared_from_this()](const http::Origin& origin) {
    return self->own_.with([&](const auto& own) { return own.contains(origin); });
  };
  return curl;
}

Result<http::TlsOptions> Network::tls(const http::Origin& origin) const {
  DRAY_TRY_ASSIGN(auto tls, settings::certificates_for(origin, certificate_folders_));
  DRAY_TRY_ASSIGN(const auto* const registries, registries_->get());
  const auto registry = registry_text(origin);
  tls.verify = !insecure_ && !registries->is_insecure(registry);
  tls.ca_files.insert(tls.ca_files.end(), ca_files_.begin(), ca_files_.end());
  // The command line's is for the registries that it names; a mirror has its own folder.
  if (client_certificate_ && !registries->is_mirror_only(registry)) tls.client = client_certificate_;
  return tls;
}

}  // namespace dray
