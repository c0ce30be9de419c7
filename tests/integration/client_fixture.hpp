#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/client/repository.hpp>
#include <dray/settings/endpoints.hpp>
#include <memory>
#include <optional>
#include <string>

#include "support/fake_clock.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {

class OneCredential final : public client::CredentialSource {
 public:
  explicit OneCredential(std::optional<client::Credential> credential) : credential_(std::move(credential)) {}
  Result<std::optional<client::Credential>> find(const Registry& /*registry*/,
                                                 const std::string& /*repository*/) override {
    return credential_;
  }

 private:
  std::optional<client::Credential> credential_;
};

/// A client with the real transport, whose retries wait on a clock that jumps.
class RealClient {
 public:
  explicit RealClient(std::optional<client::Credential> credential = {}) {
    client::ClientOptions options;
    options.credentials = std::make_shared<OneCredential>(std::move(credential));
    options.endpoints = settings::endpoints({});
    http::CurlOptions curl;
    curl.user_agent = "dray-test";
    auto session = std::make_shared<http::Session>(http::make_curl_transport(curl), nullptr, clock_, random_);
    client_ = client::RegistryClient::make(std::move(session), std::move(options));
  }

  [[nodiscard]] std::shared_ptr<client::Repository> repository(const std::string& name) const {
    return client::Repository::make(client_, RepositoryName::parse(name).value());
  }
  [[nodiscard]] client::RegistryClient& client() const { return *client_; }

 private:
  FakeClock clock_{std::chrono::system_clock::now()};
  FixedRandom random_;
  std::shared_ptr<client::RegistryClient> client_;
};

inline Descriptor descriptor_of(const Blob& blob) {
  return {MediaType::parse(blob.media_type).value(), Digest::parse(blob.digest).value(), blob.size()};
}

/// How many requests of a server carried that header.
inline int count_header(const HttpServer& server, std::string_view name) {
  int count = 0;
  for (const auto& request : server.requests()) count += request.headers.find(name) ? 1 : 0;
  return count;
}

}  // namespace dray::testing
