#include <gtest/gtest.h>
#include <dray/app/serve.hpp>

#include "support/raw_client.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace serve_test {
namespace {

struct UpstreamRow {
  const char* name;
  const char* text;
  const char* below;  ///< empty: refused
  const char* registry;
  bool plain_http;
};

class UpstreamText : public ::testing::TestWithParam<UpstreamRow> {};

TEST_P(UpstreamText, IsReadAsListed) {
  const auto& row = GetParam();
  const auto upstream = Upstream::parse(row.text);
  ASSERT_EQ(upstream.has_value(), *row.below != '\0') << (upstream ? "" : upstream.error().message());
  if (!upstream) {
    EXPECT_EQ(upstream.error().code(), ErrorCode::invalid_input);
    return;
  }
  EXPECT_EQ(upstream->name, row.below);
  EXPECT_EQ(upstream->registry.text(), row.registry);
  EXPECT_EQ(upstream->plain_http, row.plain_http);
}

INSTANTIATE_TEST_SUITE_P(
    All, UpstreamText,
    ::testing::Values(UpstreamRow{"Hub", "docker.io", "docker.io", "docker.io", false},
                      UpstreamRow{"HubsOtherName", "hub=index.docker.io", "hub", "docker.io", false},
                      UpstreamRow{"Https", "mcr=https://mcr.microsoft.com", "mcr", "mcr.microsoft.com", false},
                      UpstreamRow{"HttpsWithSlash", "mcr=https://mcr.microsoft.com/", "mcr", "mcr.microsoft.com",
                                  false},
                      UpstreamRow{"PlainWithPort", "a/b=http://127.0.0.1:5000", "a/b", "127.0.0.1:5000", true},
                      UpstreamRow{"PortNeedsAName", "localhost:5000", "", "", false},
                      UpstreamRow{"Path", "a=https://a.example/v2", "", "", false},
                      UpstreamRow{"Query", "a=https://a.example/?x=1", "", "", false},
                      UpstreamRow{"OtherScheme", "a=ftp://a.example", "", "", false},
                      UpstreamRow{"UpperName", "A=a.example", "", "", false},
                      UpstreamRow{"NameThatClimbs", "..=a.example", "", "", false},
                      UpstreamRow{"NoRegistry", "a=", "", "", false}, UpstreamRow{"Empty", "", "", "", false},
                      UpstreamRow{"Password", "a=https://u:p@a.example", "", "", false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(EmbeddedRegistry, NeedsNoMoreThanAFolder) {
  const testing::TempDir directory;
  ServeOptions options;
  options.directory = directory / "registry";
  const auto server = RegistryServer::start(options);
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_EQ((*server)->address(), "127.0.0.1:" + std::to_string((*server)->port()));
  EXPECT_EQ(testing::ask_once("GET", "http://" + (*server)->address() + "/v2/").status, 200);
  (*server)->stop();
}

TEST(EmbeddedRegistry, S25ListensBeyondThisMachineOnlyWhenToldWho) {
  const testing::TempDir directory;
  ServeOptions options;
  options.directory = directory / "registry";
  for (const auto* const host : {"0.0.0.0", "::", "192.0.2.1", "0"}) {
    options.engine.host = host;
    const auto refused = RegistryServer::start(options);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_input);
  }
  options.engine.host = "0.0.0.0";
  options.anyone = true;
  EXPECT_TRUE(RegistryServer::start(options));
}

TEST(EmbeddedRegistry, RoleOfTheBytesTakesNothingElse) {
  const testing::TempDir directory;
  ServeOptions options;
  options.directory = directory / "registry";
  options.role = ServeOptions::Role::content;
  EXPECT_FALSE(RegistryServer::start(options)) << "it has no key";
  options.registry.content_only = server::SignedLinks("a key of more than sixteen bytes");
  options.collect_every = std::chrono::hours(1);
  EXPECT_FALSE(RegistryServer::start(options)) << "it does not write";
}

}  // namespace
}  // namespace serve_test
}  // namespace dray
