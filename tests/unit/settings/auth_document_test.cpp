#include "auth_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/format/base64.hpp>

namespace dray::settings {
namespace auth_document_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Login login(const Result<AuthDocument>& document, const EntryKey& where) {
  if (!document) {
    ADD_FAILURE() << document.error().message();
    return {};
  }
  const auto* const entry = document->find(where);
  if (entry == nullptr || !entry->login) {
    ADD_FAILURE() << "no login for " << where.text();
    return {};
  }
  return *entry->login;
}

std::string error_of(const Result<AuthDocument>& document, const EntryKey& where) {
  if (!document) return document.error().message();
  const auto* const entry = document->find(where);
  if (entry == nullptr || entry->login) return "no error";
  return entry->login.error().message();
}

TEST(AuthDocument, ReadsEveryKindOfEntry) {
  // Ym9iOnA6dw== is bob:p:w, Ym9iOg== is bob: and nothing
  const auto document = parse_auth_document(R"({"auths":{
    "a.example":{"auth":"Ym9iOnA6dw=="},
    "b.example":{"username":"eve","password":"x","email":"e@example"},
    "c.example":{"auth":"Ym9iOg==","identitytoken":"refresh"},
    "d.example":{"registrytoken":"bearer"},
    "e.example":{}}})");
  EXPECT_EQ(login(document, {"a.example", ""}).username, "bob");
  EXPECT_EQ(login(document, {"a.example", ""}).password, "p:w");
  EXPECT_EQ(login(document, {"b.example", ""}).password, "x");
  EXPECT_EQ(login(document, {"c.example", ""}).username, "bob");
  EXPECT_EQ(login(document, {"c.example", ""}).identity_token, "refresh");
  EXPECT_EQ(login(document, {"d.example", ""}).registry_token, "bearer");
  EXPECT_TRUE(login(document, {"e.example", ""}).is_empty());
  EXPECT_EQ(document->find({"f.example", ""}), nullptr);
}

TEST(AuthDocument, CutsNulsBehindThePasswordAndLineEndsInBase64) {
  const auto document = parse_auth_document(R"({"auths":{"a.example":{"auth":"Ym9i\nOnB3AAA=\n"}}})");
  EXPECT_EQ(login(document, {"a.example", ""}).password, "pw");
}

TEST(AuthDocument, PlainSpellingWinsThenTheFirstThatHoldsSomething) {
  const auto document = parse_auth_document(R"({"auths":{
    "https://a.example/v1/":{"username":"url","password":"x"},
    "a.example":{"username":"host","password":"x"},
    "https://b.example":{},
    "https://b.example/v2/":{"username":"full","password":"x"}}})");
  EXPECT_EQ(login(document, {"a.example", ""}).username, "host");
  EXPECT_EQ(login(document, {"b.example", ""}).username, "full");
}

TEST(AuthDocument, ReadsHelpersByRegistry) {
  const auto document = parse_auth_document(
      R"({"credsStore":"desktop","credHelpers":{"https://index.docker.io/v1/":"hub","gcr.io":"gcloud","x.io/ns":"no"}})");
  ASSERT_TRUE(document.has_value()) << document.error().message();
  EXPECT_EQ(document->helper_of_all, "desktop");
  EXPECT_EQ(document->helper_of.at("docker.io"), "hub");
  EXPECT_EQ(document->helper_of.at("gcr.io"), "gcloud");
  EXPECT_THAT(document->ignored, ElementsAre(HasSubstr("\"x.io/ns\"")));
}

TEST(AuthDocument, TellsWhatItLeavesOut) {
  const auto document =
      parse_auth_document(R"({"HttpHeaders":{"X":"y"},"auths":{"https://a.example/team":{}},"other":1})");
  ASSERT_TRUE(document.has_value()) << document.error().message();
  EXPECT_THAT(document->ignored, ElementsAre(HasSubstr("HttpHeaders"), HasSubstr("\"https://a.example/team\"")));
}

TEST(AuthDocument, NothingIsNoLogin) {
  EXPECT_TRUE(parse_auth_document("{}").value().entries.empty());
  EXPECT_TRUE(parse_auth_document(R"({"auths":null,"credHelpers":null})").value().entries.empty());
}

TEST(AuthDocument, BrokenEntryHarmsNobodyElse) {
  const auto document =
      parse_auth_document(R"({"auths":{"a.example":{"auth":"!"},"b.example":{"username":"bob","password":"x"}}})");
  EXPECT_EQ(login(document, {"b.example", ""}).username, "bob");
}

TEST(LegacyDocument, HasItsEntriesAtTheTop) {
  const auto document = parse_legacy_document(R"({"https://index.docker.io/v1/":{"auth":"Ym9iOnA6dw==","email":""}})");
  EXPECT_EQ(login(document, {"docker.io", ""}).username, "bob");
}

struct BadCase {
  const char* name;
  const char* text;
  const char* message;
};
class BadAuthDocument : public ::testing::TestWithParam<BadCase> {};
TEST_P(BadAuthDocument, IsRefusedWithItsPlaceAndWithoutItsSecret) {
  const auto message = error_of(parse_auth_document(GetParam().text), {"a.example", ""});
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_THAT(message, Not(HasSubstr("s3cret")));
}
const BadCase bad_cases[] = {
    {"NoJson", "{\n  \"auths\": }", "line 2"},
    {"NoObject", "[]", "no object"},
    {"AuthsNoObject", R"({"auths":[]})", "\"auths\""},
    {"EntryNoObject", R"({"auths":{"a.example":"s3cret"}})", "\"a.example\""},
    {"NoBase64", R"({"auths":{"a.example":{"auth":"s3cret!"}}})", "base64"},
    {"NoColon", R"({"auths":{"a.example":{"auth":"Ym9i"}}})", "user:password"},
    {"PasswordNoString", R"({"auths":{"a.example":{"username":"a","password":1}}})", "\"password\""},
    {"TokenWithLineEnd", R"({"auths":{"a.example":{"registrytoken":"s3cret\r\nX: y"}}})", "\"registrytoken\""},
    {"IdentityTokenWithBlank", R"({"auths":{"a.example":{"identitytoken":"s3cret x"}}})", "\"identitytoken\""},
    {"NameWithControl", R"({"auths":{"a.example":{"username":"a\u0007","password":"s3cret"}}})", "\"username\""},
    {"DuplicateKey", R"({"auths":{},"auths":{}})", "auths"},
    {"HelperNoString", R"({"credHelpers":{"a.example":{}}})", "credHelpers"},
    {"StoreNoString", R"({"credsStore":1})", "credsStore"},
    {"Yaml", "apiVersion: v1\nkind: Secret\n", "-o json"},
    {"EmptySecret", R"({"kind":"Secret","data":{"key":"s3cret"}})", "no pull secret"},
    {"EmptyList", R"({"kind":"List","items":[]})", "no pull secret"},
    {"SecretNoBase64", R"({"kind":"Secret","metadata":{"name":"pull"},"data":{".dockerconfigjson":"s3cret!"}})",
     "\"pull\""},
    {"SecretInASecret", R"({"kind":"Secret","stringData":{".dockerconfigjson":"{\"kind\":\"Secret\"}"}})", "no error"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadAuthDocument, ::testing::ValuesIn(bad_cases),
                         [](const auto& row) { return std::string(row.param.name); });

std::string secret(const std::string& name, const std::string& data) {
  return R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","metadata":{"name":")" + name +
         R"("},)" + data + "}";
}
const std::string config = R"({"auths":{"a.example":{"username":"bob","password":"x"}}})";

TEST(PullSecret, HoldsAConfigInBase64) {
  const auto text = secret("pull", R"("data":{".dockerconfigjson":")" + base64_encode(config) + "\"}");
  EXPECT_EQ(login(parse_auth_document(text), {"a.example", ""}).username, "bob");
}

TEST(PullSecret, MayHoldItAsText) {
  const auto text = secret(
      "pull",
      R"("stringData":{".dockerconfigjson":"{\"auths\":{\"a.example\":{\"username\":\"eve\",\"password\":\"x\"}}}"})");
  EXPECT_EQ(login(parse_auth_document(text), {"a.example", ""}).username, "eve");
}

TEST(PullSecret, MayBeTheOldKind) {
  const auto text = secret("pull", R"("data":{".dockercfg":")" +
                                       base64_encode(R"({"a.example":{"username":"old","password":"x"}})") + "\"}");
  EXPECT_EQ(login(parse_auth_document(text), {"a.example", ""}).username, "old");
}

TEST(PullSecret, OfAListTheFirstWins) {
  const auto other =
      R"({"auths":{"a.example":{"username":"late","password":"x"},"b.example":{"username":"eve","password":"x"}}})";
  const auto text = R"({"kind":"List","items":[{"kind":"Secret","data":{"tls.key":"x"}},)" +
                    secret("one", R"("data":{".dockerconfigjson":")" + base64_encode(config) + "\"}") + "," +
                    secret("two", R"("data":{".dockerconfigjson":")" + base64_encode(other) + "\"}") + "]}";
  const auto document = parse_auth_document(text);
  EXPECT_EQ(login(document, {"a.example", ""}).username, "bob");
  EXPECT_EQ(login(document, {"b.example", ""}).username, "eve");
}

}  // namespace
}  // namespace auth_document_test
}  // namespace dray::settings
