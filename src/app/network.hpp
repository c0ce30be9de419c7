#pragma once

#include <dray/app/app.hpp>
#include <dray/base/guarded.hpp>
#include <dray/client/endpoint_policy.hpp>
#include <dray/http/transport.hpp>
#include <dray/settings/registries.hpp>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

namespace dray {

/// How the registries of a client are reached, from the options and the files of this machine: which scheme, which
/// authorities, and who may see our client certificate. Safe from many threads.
class Network : public client::EndpointPolicy, public std::enable_shared_from_this<Network> {
 public:
  explicit Network(const Options& options);

  /// What it answers is remembered: these origins, and no others, may see a client certificate.
  [[nodiscard]] Result<client::Endpoint> endpoint(const Registry& registry) override;

  [[nodiscard]] std::shared_ptr<client::MirrorPolicy> mirrors() const { return registries_; }
  /// Keeps this object alive.
  [[nodiscard]] http::CurlOptions transport_options();

 private:
  [[nodiscard]] Result<http::TlsOptions> tls(const http::Origin& origin) const;

  const bool insecure_;
  const std::vector<std::string> ca_files_;
  const std::optional<http::ClientCertificate> client_certificate_;
  const std::vector<http::HostAddress> addresses_;
  const std::string proxy_;
  const std::vector<std::filesystem::path> certificate_folders_;
  const std::shared_ptr<settings::RegistriesConf> registries_;
  const std::shared_ptr<client::EndpointPolicy> endpoints_;
  Guarded<std::set<http::Origin>> own_;  ///< origins of registries
};

}  // namespace dray
