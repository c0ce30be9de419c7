#include "entry_key.hpp"

#include <gtest/gtest.h>

namespace dray::settings {
namespace entry_key_test {
namespace {

struct KeyCase {
  const char* name;
  const char* key;
  const char* meaning;  // empty: none
};
class C15EntryKey : public ::testing::TestWithParam<KeyCase> {};
TEST_P(C15EntryKey, MeansOnePlace) {
  const auto key = parse_entry_key(GetParam().key);
  EXPECT_EQ(key ? key->text() : "", GetParam().meaning);
}
const KeyCase key_cases[] = {
    {"Host", "quay.io", "quay.io"},
    {"HostWithPort", "localhost:5000", "localhost:5000"},
    {"UpperCase", "Quay.IO", "quay.io"},
    {"Https", "https://quay.io", "quay.io"},
    {"Http", "http://quay.io/", "quay.io"},
    {"UrlV1", "https://quay.io/v1/", "quay.io"},
    {"UrlV2WithoutSlash", "https://quay.io/v2", "quay.io"},
    {"HostV1", "quay.io/v1/", "quay.io"},
    {"NamespaceNamedV1", "quay.io/v1", "quay.io/v1"},
    {"Hub", "https://index.docker.io/v1/", "docker.io"},
    {"HubWithoutScheme", "index.docker.io/v1/", "docker.io"},
    {"HubRegistry", "registry-1.docker.io", "docker.io"},
    {"HubPlain", "docker.io", "docker.io"},
    {"HubNamespace", "index.docker.io/library", "docker.io/library"},
    {"Namespace", "quay.io/team", "quay.io/team"},
    {"Repository", "quay.io/team/app", "quay.io/team/app"},
    {"Ipv6", "[::1]:5000", "[::1]:5000"},
    {"UrlWithRepository", "https://quay.io/v2/team", ""},
    {"OtherHostInPath", "https://evil.example/index.docker.io/v1/", ""},
    {"LookAlike", "index.docker.io.evil.example", "index.docker.io.evil.example"},
    {"UserInfo", "https://quay.io@evil.example/", ""},
    {"Climbing", "quay.io/../team", ""},
    {"UpperCasePath", "quay.io/Team", ""},
    {"TrailingSlash", "quay.io/team/", ""},
    {"Control", "quay.io\n", ""},
    {"Empty", "", ""},
    {"OnlyScheme", "https://", ""},
};
INSTANTIATE_TEST_SUITE_P(Table, C15EntryKey, ::testing::ValuesIn(key_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(DockerSpelling, IsTheOldUrlForTheHubAlone) {
  EXPECT_EQ(docker_spelling("docker.io"), "https://index.docker.io/v1/");
  EXPECT_EQ(docker_spelling("quay.io"), "quay.io");
  EXPECT_EQ(registry_key(Registry::parse("Quay.io:443").value()), "quay.io:443");
}

}  // namespace
}  // namespace entry_key_test
}  // namespace dray::settings
