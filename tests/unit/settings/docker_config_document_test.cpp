#include "docker_config_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_key.hpp"

namespace dray::settings {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseDockerConfig, ReadsAuthAndPlainMembers) {
  // Ym9iOnA6dw== is bob:p:w
  const auto logins = parse_docker_config(
      R"({"auths":{"a.example":{"auth":"Ym9iOnA6dw=="},"b.example":{"username":"eve","password":"x"}}})");
  ASSERT_TRUE(logins.has_value()) << logins.error().message();
  EXPECT_EQ(logins->at("a.example").username, "bob");
  EXPECT_EQ(logins->at("a.example").password, "p:w");
  EXPECT_EQ(logins->at("b.example").username, "eve");
}

TEST(ParseDockerConfig, CutsNulsBehindThePassword) {
  const auto logins = parse_docker_config(R"({"auths":{"a.example":{"auth":"Ym9iOnB3AAA="}}})");
  ASSERT_TRUE(logins.has_value()) << logins.error().message();
  EXPECT_EQ(logins->at("a.example").password, "pw");
}

TEST(ParseDockerConfig, LeavesEntriesWithoutAPasswordOut) {
  const auto logins = parse_docker_config(
      R"({"auths":{"a.example":{},"b.example":{"identitytoken":"t","auth":"Ym9iOg=="}},"credsStore":"desktop"})");
  ASSERT_TRUE(logins.has_value()) << logins.error().message();
  EXPECT_TRUE(logins->empty());
}

TEST(ParseDockerConfig, PlainHostWinsOverUrl) {
  const auto logins = parse_docker_config(
      R"({"auths":{"https://a.example/v1/":{"username":"url","password":"x"},"a.example":{"username":"host","password":"x"}}})");
  ASSERT_TRUE(logins.has_value());
  EXPECT_EQ(logins->at("a.example").username, "host");
}

TEST(ParseDockerConfig, NothingIsNoLogin) {
  EXPECT_TRUE(parse_docker_config("{}").value().empty());
  EXPECT_TRUE(parse_docker_config(R"({"auths":null})").value().empty());
}

struct BadCase {
  const char* name;
  const char* text;
  const char* message;
};
class BadDockerConfig : public ::testing::TestWithParam<BadCase> {};
TEST_P(BadDockerConfig, IsRefusedWithItsPlace) {
  const auto logins = parse_docker_config(GetParam().text);
  ASSERT_FALSE(logins.has_value());
  EXPECT_EQ(logins.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(logins.error().message(), HasSubstr(GetParam().message));
  EXPECT_THAT(logins.error().message(), Not(HasSubstr("s3cret")));
}
const BadCase bad_cases[] = {
    {"NoJson", "{\n  \"auths\": }", "line 2"},
    {"NoObject", "[]", "no object"},
    {"AuthsNoObject", R"({"auths":[]})", "\"auths\""},
    {"EntryNoObject", R"({"auths":{"a.example":"s3cret"}})", "\"a.example\""},
    {"NoBase64", R"({"auths":{"a.example":{"auth":"s3cret!"}}})", "base64"},
    {"NoColon", R"({"auths":{"a.example":{"auth":"Ym9i"}}})", "user:password"},
    {"PasswordNoString", R"({"auths":{"a.example":{"username":"a","password":1}}})", "\"password\""},
    {"DuplicateKey", R"({"auths":{},"auths":{}})", "auths"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadDockerConfig, ::testing::ValuesIn(bad_cases),
                         [](const auto& row) { return std::string(row.param.name); });

struct KeyCase {
  const char* name;
  const char* key;
  const char* registry;  // empty: ignored
};
class RegistryOfKey : public ::testing::TestWithParam<KeyCase> {};
TEST_P(RegistryOfKey, IsTheHost) { EXPECT_EQ(registry_of_key(GetParam().key).value_or(""), GetParam().registry); }
// C-15
const KeyCase key_cases[] = {
    {"Host", "quay.io", "quay.io"},
    {"HostWithPort", "localhost:5000", "localhost:5000"},
    {"UpperCase", "Quay.IO", "quay.io"},
    {"Https", "https://quay.io", "quay.io"},
    {"Http", "http://quay.io/", "quay.io"},
    {"V1", "https://quay.io/v1/", "quay.io"},
    {"V2", "https://quay.io/v2", "quay.io"},
    {"Hub", "https://index.docker.io/v1/", "docker.io"},
    {"HubRegistry", "registry-1.docker.io", "docker.io"},
    {"HubPlain", "docker.io", "docker.io"},
    {"Repository", "quay.io/team", ""},
    {"RepositoryUrl", "https://quay.io/v2/team", ""},
    {"OtherHostInPath", "https://evil.example/index.docker.io/v1/", ""},
    {"LookAlike", "index.docker.io.evil.example", "index.docker.io.evil.example"},
};
INSTANTIATE_TEST_SUITE_P(Table, RegistryOfKey, ::testing::ValuesIn(key_cases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace dray::settings
