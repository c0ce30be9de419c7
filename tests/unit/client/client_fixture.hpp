#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/client/repository.hpp>
#include <dray/http/session.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scripted_transport.hpp"
#include "support/fake_clock.hpp"

namespace dray::client {

class FixedCredential final : public CredentialSource {
 public:
  explicit FixedCredential(std::optional<Credential> credential) : credential_(std::move(credential)) {}
  Result<std::optional<Credential>> find(const Registry& /*registry*/, const std::string& /*repository*/) override {
    return credential_;
  }

 private:
  std::optional<Credential> credential_;
};

class FixedEndpoint final : public EndpointPolicy {
 public:
  explicit FixedEndpoint(std::string base) : base_(std::move(base)) {}
  Result<Endpoint> endpoint(const Registry& /*registry*/) override {
    DRAY_TRY_ASSIGN(auto url, http::Url::parse(base_));
    return Endpoint{std::move(url)};
  }

 private:
  std::string base_;
};

class RecordingObserver final : public Observer {
 public:
  void on(const TokenFetched& event) override {
    scopes_.with([&](auto& scopes) { scopes.push_back(event.scope); });
  }
  void on(const CredentialUsed& event) override {
    used_.with([&](auto& used) { used.push_back(event.scheme + " " + event.account + " " + event.origin); });
  }
  using Observer::on;
  void on(const Note& event) override {
    notes_.with([&](auto& notes) { notes.push_back(event.text); });
  }
  [[nodiscard]] std::vector<std::string> scopes() const {
    return scopes_.with([](const auto& scopes) { return scopes; });
  }
  [[nodiscard]] std::vector<std::string> used() const {
    return used_.with([](const auto& used) { return used; });
  }
  [[nodiscard]] std::vector<std::string> notes() const {
    return notes_.with([](const auto& notes) { return notes; });
  }

 private:
  Guarded<std::vector<std::string>> scopes_;
  Guarded<std::vector<std::string>> used_;
  Guarded<std::vector<std::string>> notes_;
};

struct ClientSetup {
  std::string base = "https://r.example/";
  std::optional<Credential> credential = {};
  bool allow_private = false;
  std::set<std::string> token_servers = {"auth.example"};
};

/// A client of the registry r.example whose other side is a script.
class ClientUnderTest {
 public:
  explicit ClientUnderTest(const ClientSetup& setup = {}) {
    ClientOptions options;
    options.credentials = std::make_shared<FixedCredential>(setup.credential);
    options.endpoints = std::make_shared<FixedEndpoint>(setup.base);
    options.observer = observer;
    options.allow_private = setup.allow_private;
    options.token_servers = setup.token_servers;
    client = RegistryClient::make(std::make_shared<http::Session>(wire, nullptr, clock, random), options);
  }

  testing::FakeClock clock;
  testing::FixedRandom random;
  std::shared_ptr<ScriptedTransport> wire = std::make_shared<ScriptedTransport>();
  std::shared_ptr<RecordingObserver> observer = std::make_shared<RecordingObserver>();
  std::shared_ptr<RegistryClient> client;
  Registry registry = Registry::parse("r.example").value();

  [[nodiscard]] std::shared_ptr<Repository> repository(std::string_view path = "app") const {
    return Repository::make(client, RepositoryName::make(registry, path).value());
  }
  /// A GET of `path` with the scope to pull `app`; its status, or an error.
  [[nodiscard]] Result<int> get(const std::string& path, std::vector<Scope> scopes = {pull_scope("app")}) const {
    ApiCall call;
    call.path = path;
    call.scopes = std::move(scopes);
    DRAY_TRY_ASSIGN(auto answer, client->send(registry, call, {}));
    return answer->head().status;
  }
};

inline const Credential bob{"bob", "secret", "/home/bob/.docker/config.json"};
/// `bob:secret`
inline const std::string bobs_basic = "Basic Ym9iOnNlY3JldA==";

inline Reply bearer_challenge(const std::string& realm = "https://auth.example/token", const std::string& more = "") {
  return {401, {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"r.example\"" + more}}};
}
inline Reply token_reply(const std::string& token, int expires_in = 300) {
  return {200, {}, R"({"token":")" + token + R"(","expires_in":)" + std::to_string(expires_in) + "}"};
}
inline const std::string pull_token_line =
    "GET https://auth.example/token?service=r.example&scope=repository%3Aapp%3Apull";

}  // namespace dray::client
