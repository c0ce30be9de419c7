#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/base/guarded.hpp>
#include <dray/client/repository.hpp>
#include <dray/http/transport.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/fake_clock.hpp"

namespace dray::testing {

/// What a test says about the client at a registry's door.
struct Visitor {
  std::optional<client::Credential> credential = {};
  std::set<std::string> token_servers = {};
  bool tls = false;  ///< Certificates are not looked at.
  std::optional<http::ClientCertificate> certificate = {};
};

/// A client over real sockets whose every registry is a place on loopback.
class DoorClient {
 public:
  explicit DoorClient(Visitor visitor) {
    client::ClientOptions options;
    options.credentials = std::make_shared<Known>(std::move(visitor.credential));
    options.endpoints = std::make_shared<Places>(visitor.tls);
    options.observer = observer_;
    options.token_servers = std::move(visitor.token_servers);
    http::CurlOptions curl;
    curl.user_agent = "dray-test";
    curl.tls = [certificate = std::move(visitor.certificate)](const http::Origin&) {
      http::TlsOptions tls;
      tls.verify = false;
      tls.client = certificate;
      return tls;
    };
    auto session = std::make_shared<http::Session>(http::make_curl_transport(curl), nullptr, clock_, random_);
    client_ = client::RegistryClient::make(std::move(session), std::move(options));
  }

  [[nodiscard]] client::RegistryClient& operator*() const { return *client_; }
  [[nodiscard]] client::RegistryClient* operator->() const { return client_.get(); }
  [[nodiscard]] std::shared_ptr<client::Repository> repository(const std::string& name) const {
    return client::Repository::make(client_, RepositoryName::parse(name).value());
  }
  [[nodiscard]] std::vector<std::string> notes() const { return observer_->notes(); }
  void advance(std::chrono::seconds duration) { clock_.advance(duration); }

 private:
  class Known final : public client::CredentialSource {
   public:
    explicit Known(std::optional<client::Credential> credential) : credential_(std::move(credential)) {}
    Result<std::optional<client::Credential>> find(const Registry&, const std::string&) override { return credential_; }

   private:
    std::optional<client::Credential> credential_;
  };
  class Places final : public client::EndpointPolicy {
   public:
    explicit Places(bool tls) : scheme_(tls ? "https://" : "http://") {}
    Result<client::Endpoint> endpoint(const Registry& registry) override {
      DRAY_TRY_ASSIGN(auto url, http::Url::parse(scheme_ + registry.text() + "/"));
      return client::Endpoint{std::move(url)};
    }

   private:
    std::string scheme_;
  };
  class Notes final : public client::Observer {
   public:
    using Observer::on;
    void on(const Note& event) override {
      notes_.with([&](auto& notes) { notes.push_back(event.text); });
    }
    [[nodiscard]] std::vector<std::string> notes() const {
      return notes_.with([](const auto& notes) { return notes; });
    }

   private:
    Guarded<std::vector<std::string>> notes_;
  };

  FakeClock clock_{std::chrono::system_clock::now()};
  FixedRandom random_;
  std::shared_ptr<Notes> observer_ = std::make_shared<Notes>();
  std::shared_ptr<client::RegistryClient> client_;
};

}  // namespace dray::testing
