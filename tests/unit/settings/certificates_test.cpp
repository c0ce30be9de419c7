#include <dray/settings/certificates.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/temp_dir.hpp"

namespace dray::settings {
namespace certificates_test {
namespace {

using dray::testing::TempDir;

class CertificateFolders : public ::testing::Test {
 protected:
  std::string found(const char* url) {
    const auto tls = certificates_for(http::Url::parse(url)->origin(), {one.path(), two.path()});
    if (!tls) return tls.error().message();
    std::string shown;
    for (const auto& file : tls->ca_files) shown += std::filesystem::path(file).filename().string() + " ";
    if (tls->client) {
      shown += std::filesystem::path(tls->client->certificate_file).filename().string() + "+" +
               std::filesystem::path(tls->client->key_file).filename().string();
    }
    return shown;
  }

  TempDir one;
  TempDir two;
};

TEST_F(CertificateFolders, HoldAuthoritiesAndOurCertificate) {
  one.write("r.example:5000/ca.crt", "");
  one.write("r.example:5000/b.crt", "");
  one.write("r.example:5000/client.cert", "");
  one.write("r.example:5000/client.key", "");
  one.write("r.example:5000/README", "");
  EXPECT_EQ(found("https://r.example:5000/v2/"), "b.crt ca.crt client.cert+client.key");
  EXPECT_EQ(found("https://r.example/v2/"), "");
  EXPECT_EQ(found("https://x.r.example:5000/"), "");
}

TEST_F(CertificateFolders, AreFoundWithAndWithoutTheUsualPort) {
  one.write("a.example/a.crt", "");
  one.write("b.example:443/b.crt", "");
  EXPECT_EQ(found("https://a.example/"), "a.crt ");
  EXPECT_EQ(found("https://A.example:443/"), "a.crt ");
  EXPECT_EQ(found("https://b.example/"), "b.crt ");
  EXPECT_EQ(found("https://a.example:5000/"), "");
}

TEST_F(CertificateFolders, AreTheFirstOneAlone) {
  one.write("r.example/one.crt", "");
  two.write("r.example/two.crt", "");
  two.write("s.example/s.crt", "");
  EXPECT_EQ(found("https://r.example/"), "one.crt ");
  EXPECT_EQ(found("https://s.example/"), "s.crt ");
}

TEST_F(CertificateFolders, KnowDockerHubAndIpv6) {
  one.write("docker.io/hub.crt", "");
  one.write("[::1]:5000/six.crt", "");
  EXPECT_EQ(found("https://registry-1.docker.io/"), "hub.crt ");
  EXPECT_EQ(found("https://[::1]:5000/"), "six.crt ");
}

TEST_F(CertificateFolders, NameTheFileThatIsMissing) {
  one.write("a.example/client.cert", "");
  EXPECT_NE(found("https://a.example/").find("client.cert stands without client.key"), std::string::npos);
  one.write("b.example/client.key", "");
  EXPECT_NE(found("https://b.example/").find("client.key stands without client.cert"), std::string::npos);
  for (const auto* const name : {"x.cert", "x.key", "y.cert", "y.key"}) one.write("c.example/" + std::string(name), "");
  EXPECT_NE(found("https://c.example/").find("more than one client certificate"), std::string::npos);
}

TEST(CertificateFolder, OrderIsTheUsersThenContainersThenDockers) {
  std::map<std::string, std::string> variables{{"HOME", "/home/u"}};
  const Environment environment = [&](const std::string& name) {
    return variables.contains(name) ? std::optional(variables.at(name)) : std::nullopt;
  };
  EXPECT_EQ(certificate_folders(environment),
            (std::vector<std::filesystem::path>{"/home/u/.config/containers/certs.d", "/etc/containers/certs.d",
                                                "/etc/docker/certs.d"}));
  variables["XDG_CONFIG_HOME"] = "/x";
  EXPECT_EQ(certificate_folders(environment).front(), "/x/containers/certs.d");
}

}  // namespace
}  // namespace certificates_test
}  // namespace dray::settings
