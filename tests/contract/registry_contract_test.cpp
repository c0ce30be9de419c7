#include <dray/app/serve.hpp>
#include <stdexcept>

#include "content_store_contract.hpp"
#include "integration/client_fixture.hpp"
#include "support/docker_registry.hpp"
#include "support/mcr_twin.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {
namespace registry_contract_test {
namespace {

std::optional<client::Credential> credential(const std::string& user, const std::string& password) {
  if (user.empty()) return std::nullopt;
  return client::Credential{user, password, "test"};
}

/// Debian's registry.
class DebiansRegistry final : public StoreUnderTest {
 public:
  explicit DebiansRegistry(const DockerRegistryOptions& options = {})
      : registry_(options),
        client_(credential(options.user, options.password)),
        store_(client_.repository(registry_.host_port() + "/contract/store")) {}
  ContentStore& store() override { return *store_; }
  bool removes_tags() const override { return false; }
  bool takes_sha512() const override { return false; }
  bool takes_unknown_media_types() const override { return false; }
  bool takes_dangling_manifests() const override { return false; }

 private:
  DockerRegistry registry_;
  RealClient client_;
  std::shared_ptr<client::Repository> store_;
};

/// The twin, whose blobs lie behind signed links on another origin.
class Twin final : public StoreUnderTest {
 public:
  explicit Twin(const TwinOptions& options)
      : twin_(options),
        client_(credential(options.auth.user, options.auth.password)),
        store_(client_.repository(twin_.host_port() + "/contract/store")) {}
  ContentStore& store() override { return *store_; }
  bool takes_sha512() const override { return false; }
  bool takes_unknown_media_types() const override { return false; }
  bool takes_dangling_manifests() const override { return false; }

 private:
  McrTwin twin_;
  RealClient client_;
  std::shared_ptr<client::Repository> store_;
};

/// Our own, in this process.
class OurRegistry final : public StoreUnderTest {
 public:
  OurRegistry()
      : server_(start(directory_.path() / "registry")),
        client_(std::nullopt),
        store_(client_.repository(server_->address() + "/contract/store")) {}
  ContentStore& store() override { return *store_; }
  bool takes_unknown_media_types() const override { return false; }
  bool takes_dangling_manifests() const override { return false; }

 private:
  static std::unique_ptr<RegistryServer> start(const std::filesystem::path& directory) {
    ServeOptions options;
    options.directory = directory;
    auto started = RegistryServer::start(options);
    if (!started) throw std::runtime_error(started.error().message());
    return std::move(*started);
  }

  TempDir directory_;
  std::unique_ptr<RegistryServer> server_;
  RealClient client_;
  std::shared_ptr<client::Repository> store_;
};

std::unique_ptr<StoreUnderTest> twin_with(AuthKind kind) {
  TwinOptions options;
  options.auth.kind = kind;
  return std::make_unique<Twin>(options);
}

INSTANTIATE_TEST_SUITE_P(Registry, ContentStoreContract,
                         ::testing::Values(StoreMaker{"Ours", [] { return std::make_unique<OurRegistry>(); }},
                                           StoreMaker{"Debian", [] { return std::make_unique<DebiansRegistry>(); }},
                                           StoreMaker{"DebianWithBasic",
                                                      [] {
                                                        return std::make_unique<DebiansRegistry>(DockerRegistryOptions{
                                                            .user = "bob", .password = "pass word"});
                                                      }},
                                           StoreMaker{"Twin", [] { return twin_with(AuthKind::none); }},
                                           StoreMaker{"TwinWithTokens", [] { return twin_with(AuthKind::bearer); }}),
                         store_name);

}  // namespace
}  // namespace registry_contract_test
}  // namespace dray::testing
