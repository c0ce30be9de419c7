#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings_testing.hpp"

namespace dray::settings {
namespace credentials_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string entry(const std::string& key, const std::string& user) {
  return R"({"auths":{")" + key + R"(":{"username":")" + user + R"(","password":"pw"}}})";
}

/// `PLACE: OUTCOME, …` without the test's folder.
std::string outcomes(const CredentialReport& report, const std::filesystem::path& folder) {
  std::string text;
  for (const auto& source : report.sources) {
    auto place = source.place;
    if (const auto at = place.find(folder.string()); at != std::string::npos) place.erase(at, folder.string().size());
    text += place + " " + std::string(name(source.outcome)) + "\n";
  }
  return text;
}

TEST_F(Settings, NothingIsNobody) { EXPECT_EQ(who("r.example"), "nobody"); }

TEST_F(Settings, NoHomeIsNobody) {
  values_.clear();
  EXPECT_EQ(who("r.example"), "nobody");
}

// Every place is put in the way of the one behind it.
TEST_F(Settings, PlacesComeInTheirOrder) {
  const auto home = folder_ / "home";
  write("home/.dockercfg", R"({"r.example":{"username":"dockercfg","password":"pw"}})");
  EXPECT_EQ(who("r.example"), "dockercfg:pw");
  write("home/.docker/config.json", entry("r.example", "docker"));
  EXPECT_EQ(who("r.example"), "docker:pw");
  write("elsewhere/config.json", entry("r.example", "docker-config"));
  set("DOCKER_CONFIG", (folder_ / "elsewhere").string());
  EXPECT_EQ(who("r.example"), "docker-config:pw");
  write("home/.config/containers/auth.json", entry("r.example", "config"));
  EXPECT_EQ(who("r.example"), "config:pw");
  write("xdg/containers/auth.json", entry("r.example", "xdg"));
  set("XDG_CONFIG_HOME", (folder_ / "xdg").string());
  EXPECT_EQ(who("r.example"), "xdg:pw");
  write("run/auth.json", entry("r.example", "run"));
  EXPECT_EQ(who("r.example"), "run:pw");
  write("runtime/containers/auth.json", entry("r.example", "runtime"));
  set("XDG_RUNTIME_DIR", (folder_ / "runtime").string());
  EXPECT_EQ(who("r.example"), "runtime:pw");
  set("REGISTRY_AUTH_FILE", write("named.json", entry("r.example", "named")).string());
  EXPECT_EQ(who("r.example"), "named:pw");
  set("DOCKER_AUTH_CONFIG", entry("r.example", "variable"));
  EXPECT_EQ(who("r.example"), "variable:pw");
  set("DRAY_REGISTRY", "r.example");
  set("DRAY_USERNAME", "dray");
  set("DRAY_PASSWORD", "pw");
  EXPECT_EQ(who("r.example"), "dray:pw");
  auto with_file = options();
  with_file.auth_file = write("mine.json", entry("r.example", "authfile"));
  EXPECT_EQ(who(*Credentials::make(with_file), "r.example"), "authfile:pw");
}

TEST_F(Settings, ExplainNamesEveryPlaceInItsOrder) {
  write("run/auth.json", entry("other.example", "run"));
  write("home/.docker/config.json", entry("r.example", "docker"));
  write("home/.dockercfg", R"({"r.example":{"username":"dockercfg","password":"pw"}})");
  const auto report = credentials()->explain(Registry::parse("r.example").value(), "app");
  EXPECT_EQ(outcomes(report, folder_.path()),
            "DRAY_USERNAME, DRAY_PASSWORD nothing\n"
            "DOCKER_AUTH_CONFIG nothing\n"
            "/run/auth.json nothing\n"
            "/home/.config/containers/auth.json nothing\n"
            "/home/.docker/config.json used\n"
            "/home/.dockercfg shadowed\n");
  ASSERT_TRUE(report.used);
  EXPECT_EQ(report.used->username, "docker");
  EXPECT_EQ(report.used->origin, (folder_ / "home/.docker/config.json").string());
  EXPECT_EQ(report.sources[0].says, "not set");
  EXPECT_EQ(report.sources[2].says, "no entry for r.example");
  EXPECT_EQ(report.sources[3].says, "no such file");
  EXPECT_EQ(report.sources[4].says, "entry \"r.example\"");
  for (const auto& source : report.sources) EXPECT_THAT(source.says, Not(HasSubstr("pw")));
}

TEST_F(Settings, ExplainSaysThatEntriesAreForOtherRepositories) {
  write("home/.docker/config.json", entry("r.example/team", "docker"));
  const auto report = credentials()->explain(Registry::parse("r.example").value(), "other/app");
  EXPECT_FALSE(report.used);
  EXPECT_THAT(report.sources[4].says, HasSubstr("its entries are for other repositories: \"r.example/team\""));
}

TEST_F(Settings, BrokenPlaceStopsTheSearchAndIsNamed) {
  const auto broken = write("run/auth.json", "{\n  oops\n}");
  write("home/.docker/config.json", entry("r.example", "docker"));
  EXPECT_THAT(who("r.example"), HasSubstr(broken.string() + ": "));
  EXPECT_THAT(who("r.example"), HasSubstr("line 2"));
  const auto report = credentials()->explain(Registry::parse("r.example").value(), "app");
  EXPECT_TRUE(report.failure);
  EXPECT_FALSE(report.used);
  EXPECT_EQ(report.sources[2].outcome, SourceOutcome::broken);
  EXPECT_EQ(report.sources[4].outcome, SourceOutcome::shadowed);
}

TEST_F(Settings, BrokenPlaceBehindTheUsedOneStopsNobody) {
  write("run/auth.json", entry("r.example", "run"));
  write("home/.docker/config.json", "{");
  EXPECT_EQ(who("r.example"), "run:pw");
  const auto report = credentials()->explain(Registry::parse("r.example").value(), "app");
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(report.sources[4].outcome, SourceOutcome::broken);
}

TEST_F(Settings, BrokenEntryNamesFileAndMember) {
  const auto path = write("home/.docker/config.json", R"({"auths":{"r.example":{"auth":"s3cret!"}}})");
  EXPECT_EQ(who("r.example"), "error: " + path.string() + ": entry \"r.example\": \"auth\" is no base64");
}

TEST_F(Settings, NamedFileMustExist) {
  set("REGISTRY_AUTH_FILE", (folder_ / "absent.json").string());
  EXPECT_THAT(who("r.example"), HasSubstr("REGISTRY_AUTH_FILE names " + (folder_ / "absent.json").string()));
  auto with_file = options();
  with_file.auth_file = folder_ / "gone.json";
  EXPECT_THAT(who(*Credentials::make(with_file), "r.example"), HasSubstr("--authfile names"));
}

TEST_F(Settings, EmptyFileIsNobody) {
  write("run/auth.json", "\n");
  EXPECT_EQ(who("r.example"), "nobody");
}

TEST_F(Settings, FileAboveTheLimitIsRefused) {
  write("home/.docker/config.json", std::string(limits::max_settings_bytes + 1, ' '));
  EXPECT_THAT(who("r.example"), HasSubstr("config.json"));
  EXPECT_THAT(who("r.example"), ::testing::StartsWith("error: "));
}

TEST_F(Settings, FileIsReadOnce) {
  const auto path = write("home/.docker/config.json", entry("r.example", "docker"));
  const auto source = credentials();
  EXPECT_EQ(who(*source, "r.example"), "docker:pw");
  std::filesystem::remove(path);
  EXPECT_EQ(who(*source, "r.example"), "docker:pw");
}

TEST_F(Settings, PullSecretServesAsAuthFile) {
  auto with_file = options();
  with_file.auth_file =
      write("secret.json", R"({"kind":"Secret","stringData":{".dockerconfigjson":)"
                           R"("{\"auths\":{\"r.example\":{\"username\":\"k\",\"password\":\"pw\"}}}"}})");
  EXPECT_EQ(who(*Credentials::make(with_file), "r.example"), "k:pw");
}

TEST_F(Settings, TokensAreHandedOnAsWhatTheyAre) {
  write(
      "home/.docker/config.json",
      R"({"auths":{"i.example":{"auth":"Ym9iOg==","identitytoken":"refresh"},"b.example":{"registrytoken":"bearer"}}})");
  EXPECT_EQ(who("i.example"), "bob <refresh");
  EXPECT_EQ(who("b.example"), "=bearer");
  const auto report = credentials()->explain(Registry::parse("i.example").value(), "");
  EXPECT_EQ(report.used->kind, SecretKind::identity_token);
}

TEST_F(Settings, ListNamesWholeRegistriesOnce) {
  write("run/auth.json", entry("r.example", "run"));
  write("home/.docker/config.json",
        R"({"auths":{"r.example":{"username":"x","password":"y"},"docker.io":{},"q.example/ns":{}}})");
  const auto logins = credentials()->list();
  ASSERT_TRUE(logins.has_value());
  ASSERT_EQ(logins->size(), 2U);
  EXPECT_EQ((*logins)[0].username, "run");
  EXPECT_EQ((*logins)[1].server, "https://index.docker.io/v1/");
}

// The variables of our own.

struct VariableCase {
  const char* name;
  std::map<std::string, std::string> values;
  const char* registry;
  const char* repository;
  const char* who;
};
class DrayVariables : public Settings, public ::testing::WithParamInterface<VariableCase> {};
TEST_P(DrayVariables, BelongToTheRegistryThatTheyName) {
  for (const auto& [name, value] : GetParam().values) set(name, value);
  EXPECT_THAT(who(GetParam().registry, GetParam().repository), HasSubstr(GetParam().who));
}
using Values = std::map<std::string, std::string>;
const VariableCase variable_cases[] = {
    {"Password",
     {{"DRAY_REGISTRY", "r.example"}, {"DRAY_USERNAME", "u"}, {"DRAY_PASSWORD", "p"}},
     "r.example",
     "a",
     "u:p"},
    {"OtherRegistry",
     {{"DRAY_REGISTRY", "r.example"}, {"DRAY_USERNAME", "u"}, {"DRAY_PASSWORD", "p"}},
     "s.example",
     "a",
     "nobody"},
    {"OtherPort",
     {{"DRAY_REGISTRY", "r.example"}, {"DRAY_USERNAME", "u"}, {"DRAY_PASSWORD", "p"}},
     "r.example:5000",
     "a",
     "nobody"},
    {"LookAlike", {{"DRAY_REGISTRY", "r.example"}, {"DRAY_TOKEN", "t"}}, "r.example.evil.example", "a", "nobody"},
    {"Token", {{"DRAY_REGISTRY", "r.example"}, {"DRAY_TOKEN", "t"}}, "r.example", "a", "=t"},
    {"TokenFirst",
     {{"DRAY_REGISTRY", "r.example"}, {"DRAY_TOKEN", "t"}, {"DRAY_USERNAME", "u"}, {"DRAY_PASSWORD", "p"}},
     "r.example",
     "a",
     "=t"},
    {"Hub", {{"DRAY_REGISTRY", "index.docker.io"}, {"DRAY_TOKEN", "t"}}, "docker.io", "library/a", "=t"},
    {"Path", {{"DRAY_REGISTRY", "r.example/team"}, {"DRAY_TOKEN", "t"}}, "r.example", "team/a", "=t"},
    {"OtherPath", {{"DRAY_REGISTRY", "r.example/team"}, {"DRAY_TOKEN", "t"}}, "r.example", "teams/a", "nobody"},
    {"PathNotTheCatalog", {{"DRAY_REGISTRY", "r.example/team"}, {"DRAY_TOKEN", "t"}}, "r.example", "", "nobody"},
    {"NoRegistry", {{"DRAY_USERNAME", "u"}, {"DRAY_PASSWORD", "p"}}, "r.example", "a", "set DRAY_REGISTRY"},
    {"NoRegistryForToken", {{"DRAY_TOKEN", "t"}}, "r.example", "a", "DRAY_TOKEN: set DRAY_REGISTRY"},
    {"BadRegistry",
     {{"DRAY_REGISTRY", "https://r.example/a"}, {"DRAY_TOKEN", "t"}},
     "r.example",
     "a",
     "DRAY_REGISTRY is neither"},
    {"NoPassword", {{"DRAY_REGISTRY", "r.example"}, {"DRAY_USERNAME", "u"}}, "r.example", "a", "DRAY_PASSWORD is not"},
    {"NoUser", {{"DRAY_REGISTRY", "r.example"}, {"DRAY_PASSWORD", "p"}}, "r.example", "a", "DRAY_USERNAME is not"},
    {"BadToken", {{"DRAY_REGISTRY", "r.example"}, {"DRAY_TOKEN", "a b"}}, "r.example", "a", "DRAY_TOKEN is no token"},
    {"EmptyIsUnset", {{"DRAY_USERNAME", ""}, {"DRAY_PASSWORD", ""}, {"DRAY_TOKEN", ""}}, "r.example", "a", "nobody"},
    {"RegistryAlone", {{"DRAY_REGISTRY", "r.example"}}, "r.example", "a", "nobody"},
};
INSTANTIATE_TEST_SUITE_P(Table, DrayVariables, ::testing::ValuesIn(variable_cases),
                         [](const auto& row) { return std::string(row.param.name); });

// C-15: one file of thirty keys, and who gets which.

const char* const thirty_keys = R"({"auths":{
  "quay.io":{"username":"quay","password":"x"},
  "quay.io/team":{"username":"team","password":"x"},
  "quay.io/team/app":{"username":"app","password":"x"},
  "quay.io/team/app/sub":{"username":"sub","password":"x"},
  "quay.io/team2":{"username":"team2","password":"x"},
  "quay.io/te":{"username":"te","password":"x"},
  "quay.io:443":{"username":"port443","password":"x"},
  "quay.io:8443/team":{"username":"port8443","password":"x"},
  "quay.io.evil.example":{"username":"evil","password":"x"},
  "evil.example/quay.io":{"username":"evilpath","password":"x"},
  "notquay.io":{"username":"notquay","password":"x"},
  "io":{"username":"io","password":"x"},
  "https://index.docker.io/v1/":{"username":"hub","password":"x"},
  "docker.io/library":{"username":"library","password":"x"},
  "docker.io/library/alpine":{"username":"alpine","password":"x"},
  "index.docker.io/team":{"username":"hubteam","password":"x"},
  "registry-1.docker.io/team/app":{"username":"hubapp","password":"x"},
  "index.docker.io.evil.example":{"username":"hubevil","password":"x"},
  "https://ghcr.io":{"username":"ghcr","password":"x"},
  "ghcr.io/v1":{"username":"ghcrv1","password":"x"},
  "https://ghcr.io/v2/":{"username":"ghcrv2","password":"x"},
  "http://plain.example":{"username":"plain","password":"x"},
  "only.example/a/b":{"username":"onlyab","password":"x"},
  "only.example/a":{},
  "https://path.example/team":{"username":"urlpath","password":"x"},
  "UPPER.example":{"username":"upper","password":"x"},
  "localhost:5000":{"username":"local","password":"x"},
  "localhost:5000/a":{"username":"locala","password":"x"},
  "127.0.0.1:5000":{"username":"ip","password":"x"},
  "[::1]:5000":{"username":"ip6","password":"x"}}})";

struct PrefixCase {
  const char* name;
  const char* registry;
  const char* repository;
  const char* user;
};
class C15LongestPrefix : public Settings, public ::testing::WithParamInterface<PrefixCase> {};
TEST_P(C15LongestPrefix, Wins) {
  write("home/.docker/config.json", thirty_keys);
  const auto expected = GetParam().user == std::string("nobody") ? "nobody" : std::string(GetParam().user) + ":x";
  EXPECT_EQ(who(GetParam().registry, GetParam().repository), expected);
}
const PrefixCase prefix_cases[] = {
    {"WholeRegistry", "quay.io", "", "quay"},
    {"OtherRepository", "quay.io", "other/app", "quay"},
    {"Namespace", "quay.io", "team/web", "team"},
    {"NamespaceItself", "quay.io", "team", "team"},
    {"Repository", "quay.io", "team/app", "app"},
    {"BelowRepository", "quay.io", "team/app/x", "app"},
    {"DeepestRepository", "quay.io", "team/app/sub", "sub"},
    {"NotHalfAName", "quay.io", "team/application", "team"},
    {"OtherNamespaceThatBeginsAlike", "quay.io", "team2/app", "team2"},
    {"NamespaceWithoutEntryThatBeginsAlike", "quay.io", "team3/app", "quay"},
    {"ShorterNamespace", "quay.io", "te/app", "te"},
    {"Port", "quay.io:443", "team/app", "port443"},
    {"PortOfNamespace", "quay.io:8443", "team/app", "port8443"},
    {"PortWithoutOwn", "quay.io:8443", "other", "nobody"},
    {"Suffix", "quay.io.evil.example", "team/app", "evil"},
    {"HostInPath", "evil.example", "quay.io/team", "evilpath"},
    {"HostWithoutEntry", "evil.example", "team", "nobody"},
    {"Prefix", "notquay.io", "team", "notquay"},
    {"Subdomain", "sub.quay.io", "team", "nobody"},
    {"Hub", "docker.io", "someone/app", "hub"},
    {"HubWhole", "docker.io", "", "hub"},
    {"HubLibrary", "docker.io", "library/debian", "library"},
    {"HubRepository", "docker.io", "library/alpine", "alpine"},
    {"HubByOldName", "index.docker.io", "team/web", "hubteam"},
    {"HubByRegistryName", "registry-1.docker.io", "team/app", "hubapp"},
    {"HubLookAlike", "index.docker.io.evil.example", "team/app", "hubevil"},
    {"Url", "ghcr.io", "team", "ghcr"},
    {"NamespaceNamedV1", "ghcr.io", "v1/app", "ghcrv1"},
    {"PlainUrl", "plain.example", "a", "plain"},
    {"OnlyANamespace", "only.example", "a/b", "onlyab"},
    {"EmptyEntryOnTheWay", "only.example", "a/c", "nobody"},
    {"NamespaceIsNotTheRegistry", "only.example", "", "nobody"},
    {"UrlWithPathServesNobody", "path.example", "team/app", "nobody"},
    {"UpperCaseKey", "upper.example", "a", "upper"},
    {"UpperCaseRegistry", "QUAY.io", "team/app", "app"},
    {"Localhost", "localhost:5000", "b", "local"},
    {"LocalhostNamespace", "localhost:5000", "a/b", "locala"},
    {"LocalhostOtherPort", "localhost:5001", "a", "nobody"},
    {"Ipv4", "127.0.0.1:5000", "a", "ip"},
    {"Ipv6", "[::1]:5000", "a", "ip6"},
};
INSTANTIATE_TEST_SUITE_P(Table, C15LongestPrefix, ::testing::ValuesIn(prefix_cases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace credentials_test
}  // namespace dray::settings
