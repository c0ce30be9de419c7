#include <dray/settings/registries.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/temp_dir.hpp"

namespace dray::settings {
namespace registries_test {
namespace {

using client::MirrorUse;
using dray::testing::TempDir;

Result<Registries> parse(const std::string& text) { return Registries::parse(text, "r.conf"); }

RepositoryName repository(const char* name) { return *RepositoryName::parse(name); }

std::string text(MirrorUse use) {
  return use == MirrorUse::all ? "" : use == MirrorUse::digests ? " (digests)" : " (tags)";
}

/// `original < mirror (digests) < mirror`, or the error.
std::string places(const Registries& registries, const char* name) {
  const auto found = registries.places(repository(name));
  if (!found) return found.error().message();
  auto shown = found->original.text();
  for (const auto& mirror : found->mirrors) shown += " < " + mirror.name.text() + text(mirror.use);
  return shown;
}

struct Found {
  const char* name;
  const char* conf;
  const char* repository;
  const char* places;
};
class RegistriesPlaces : public ::testing::TestWithParam<Found> {};

TEST_P(RegistriesPlaces, AreThoseOfTheLongestPrefix) {
  const auto registries = parse(GetParam().conf);
  ASSERT_TRUE(registries) << registries.error().message();
  EXPECT_TRUE(registries->warnings().empty()) << registries->warnings().front();
  EXPECT_EQ(places(*registries, GetParam().repository), GetParam().places);
}

constexpr const char* hub_mirror = R"(
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.example"
)";
constexpr const char* nested = R"(
[[registry]]
location = "r.example"
[[registry.mirror]]
location = "whole.example"
[[registry]]
location = "r.example/team"
[[registry.mirror]]
location = "team.example"
[[registry]]
location = "r.example/team/app"
[[registry.mirror]]
location = "app.example/only"
)";
constexpr const char* wildcard = R"(
[[registry]]
prefix = "*.example.com"
[[registry.mirror]]
location = "m.example"
[[registry]]
prefix = "*.deep.example.com"
location = "moved.example/there"
)";

INSTANTIATE_TEST_SUITE_P(
    Table, RegistriesPlaces,
    ::testing::Values(
        Found{"Empty", "", "r.example/a", "r.example/a"}, Found{"OnlyComments", "# no\n", "r.example/a", "r.example/a"},
        Found{"DockerHub", hub_mirror, "alpine", "docker.io/library/alpine < mirror.example/library/alpine"},
        Found{"DockerHubByAnotherName", R"([[registry]]
location = "index.docker.io"
[[registry.mirror]]
location = "m.example")",
              "alpine", "docker.io/library/alpine < m.example/library/alpine"},
        Found{"OtherRegistry", hub_mirror, "quay.io/a", "quay.io/a"},
        Found{"WholeRegistry", nested, "r.example/other", "r.example/other < whole.example/other"},
        Found{"Namespace", nested, "r.example/team/x", "r.example/team/x < team.example/x"},
        Found{"Repository", nested, "r.example/team/app", "r.example/team/app < app.example/only"},
        Found{"BelowARepository", nested, "r.example/team/app/x", "r.example/team/app/x < app.example/only/x"},
        Found{"WholeComponentsOnly", nested, "r.example/team2/x", "r.example/team2/x < whole.example/team2/x"},
        Found{"LookAlikeHost", nested, "r.example.org/team", "r.example.org/team"},
        Found{"OtherPort", nested, "r.example:5000/team", "r.example:5000/team"},
        Found{"PrefixOfANumberedPort", R"([[registry]]
location = "r.example:50"
[[registry.mirror]]
location = "m.example")",
              "r.example:5000/a", "r.example:5000/a"},
        Found{"HostsHaveNoCase", R"([[registry]]
location = "R.Example"
[[registry.mirror]]
location = "M.example")",
              "r.EXAMPLE/a", "r.EXAMPLE/a < m.example/a"},
        Found{"Wildcard", wildcard, "a.example.com/x", "a.example.com/x < m.example/x"},
        Found{"WildcardWithAnyPort", wildcard, "a.example.com:5000/x", "a.example.com:5000/x < m.example/x"},
        Found{"WildcardOfSeveralLabels", wildcard, "b.a.example.com/x", "b.a.example.com/x < m.example/x"},
        Found{"LongerWildcard", wildcard, "a.deep.example.com/x", "moved.example/there/x"},
        Found{"WildcardIsNotTheDomainItself", wildcard, "example.com/x", "example.com/x"},
        Found{"WildcardIsNoSuffixOfALabel", wildcard, "badexample.com/x", "badexample.com/x"},
        Found{"WildcardIsAnchored", wildcard, "a.example.com.evil.org/x", "a.example.com.evil.org/x"},
        Found{"WildcardReadsNoPath", wildcard, "evil.org/a.example.com", "evil.org/a.example.com"},
        Found{"WildcardWithAPort", R"([[registry]]
prefix = "*.example.com:5000"
location = "m.example")",
              "a.example.com/x", "a.example.com/x"},
        Found{"LocationRewrites", R"([[registry]]
prefix = "old.example/team"
location = "new.example:5000/was/team")",
              "old.example/team/app", "new.example:5000/was/team/app"},
        Found{"LocationOfARepository", R"([[registry]]
prefix = "old.example/app"
location = "new.example/app2")",
              "old.example/app", "new.example/app2"},
        Found{"PrefixBesideLocation", R"([[registry]]
prefix = "a.example"
location = "b.example")",
              "b.example/x", "b.example/x"},
        Found{"SlashAtTheEnd", R"([[registry]]
location = "r.example/"
[[registry.mirror]]
location = "m.example/")",
              "r.example/a", "r.example/a < m.example/a"},
        Found{"Ipv6", R"([[registry]]
location = "[::1]:5000"
[[registry.mirror]]
location = "[::1]:6000/x")",
              "[::1]:5000/a", "[::1]:5000/a < [::1]:6000/x/a"},
        Found{"OrderOfMirrors", R"([[registry]]
location = "r.example"
[[registry.mirror]]
location = "m2.example"
[[registry.mirror]]
location = "m1.example")",
              "r.example/a", "r.example/a < m2.example/a < m1.example/a"},
        Found{"InlineMirrors", R"(registry = [{location = "r.example", mirror = [{location = "m.example"}]}])",
              "r.example/a", "r.example/a < m.example/a"},
        Found{"ByDigestOnly", R"([[registry]]
location = "r.example"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example")",
              "r.example/a", "r.example/a < m.example/a (digests)"},
        Found{"PullFromMirror", R"([[registry]]
location = "r.example"
[[registry.mirror]]
location = "a.example"
pull-from-mirror = "all"
[[registry.mirror]]
location = "d.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "t.example"
pull-from-mirror = "tag-only")",
              "r.example/a", "r.example/a < a.example/a < d.example/a (digests) < t.example/a (tags)"},
        Found{"Blocked", R"([[registry]]
location = "r.example/bad"
blocked = true)",
              "r.example/bad/x",
              "r.example/bad/x is blocked by [[registry]] 'r.example/bad' of r.conf line 1; --no-registries-conf goes "
              "without these settings"},
        Found{"BlockedBesideAnother", R"([[registry]]
location = "r.example/bad"
blocked = true)",
              "r.example/good", "r.example/good"},
        Found{"OpenedBelowABlockedOne", R"([[registry]]
location = "r.example"
blocked = true
[[registry]]
location = "r.example/good")",
              "r.example/good/x", "r.example/good/x"},
        Found{"NoRepositoryIsLeft", R"([[registry]]
prefix = "r.example/a"
location = "m.example")",
              "r.example/a", "r.conf line 1: the repository's name is missing"}),
    [](const auto& row) { return row.param.name; });

struct Refused {
  const char* name;
  std::string conf;
  const char* says;
  ErrorCode code = ErrorCode::invalid_input;
};
class RegistriesRefuse : public ::testing::TestWithParam<Refused> {};

TEST_P(RegistriesRefuse, WithFileAndLine) {
  const auto registries = parse(GetParam().conf);
  ASSERT_FALSE(registries);
  EXPECT_EQ(registries.error().code(), GetParam().code);
  EXPECT_NE(registries.error().message().find(GetParam().says), std::string::npos) << registries.error().message();
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string many_rules(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += "[[registry]]\nlocation='r" + std::to_string(i) + ".example'\n";
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Table, RegistriesRefuse,
    ::testing::Values(
        Refused{"NoToml", "[[registry]]\nlocation = \n", "r.conf line 2"},
        Refused{"Unclosed", "\n[[registry\n", "r.conf line 2"},
        Refused{"SameKeyTwice", "[[registry]]\nlocation='a.example'\nlocation='b.example'\n", "r.conf line 3"},
        Refused{"ControlCharacter", std::string("a = 'x\x01'\n"), "r.conf line 1"},
        Refused{"NoUtf8", std::string("a = '\xff'\n"), "r.conf line 1"},
        Refused{"Nul", std::string("a = 1\n\0b = 2\n", 12), "r.conf line 2"},
        Refused{"RegistryIsATable", "[registry]\nlocation = 'a.example'\n", "write [[registry]]"},
        Refused{"RegistryIsAText", "registry = 'a.example'\n", "write [[registry]]"},
        Refused{"RegistryHoldsTexts", "registry = ['a.example']\n", "is no table"},
        Refused{"MirrorWithoutRegistry", "[[registry.mirror]]\nlocation = 'm.example'\n", "write [[registry]]"},
        Refused{"MirrorIsATable", "[[registry]]\nlocation='a.example'\n[registry.mirror]\nlocation='m.example'\n",
                "r.conf line 3: 'mirror' is no list"},
        Refused{"NoLocation", "[[registry]]\nprefix = 'a.example'\n",
                "r.conf line 1: a [[registry]] without a location"},
        Refused{"NothingAtAll", "[[registry]]\n", "without a location"},
        Refused{"MirrorWithoutLocation", "[[registry]]\nlocation='a.example'\n[[registry.mirror]]\ninsecure=true\n",
                "r.conf line 3: a [[registry.mirror]] without a location"},
        Refused{"EmptyLocation", "[[registry]]\nlocation = ''\n", "r.conf line 2"},
        Refused{"Scheme", "[[registry]]\nlocation = 'https://a.example'\n", "write it without the scheme"},
        Refused{"UserInfo", "[[registry]]\nlocation = 'u:p@a.example'\n", "r.conf line 2"},
        Refused{"UpperCasePath", "[[registry]]\nlocation = 'a.example/Team'\n", "r.conf line 2"},
        Refused{"Climbing", "[[registry]]\nlocation = 'a.example/../x'\n", "r.conf line 2"},
        Refused{"Newline", "[[registry]]\nlocation = \"a.example\\nx\"\n", "r.conf line 2"},
        Refused{"WildcardLocation", "[[registry]]\nlocation = '*.a.example'\n", "r.conf line 2"},
        Refused{"WildcardWithPath", "[[registry]]\nprefix = '*.a.example/x'\nlocation='m.example'\n", "r.conf line 2"},
        Refused{"WildcardInside", "[[registry]]\nprefix = 'a.*.example'\nlocation='m.example'\n", "r.conf line 2"},
        Refused{"LocationIsANumber", "[[registry]]\nlocation = 5000\n", "r.conf line 2: 'location' is no text"},
        Refused{"InsecureIsAText", "[[registry]]\nlocation='a.example'\ninsecure = 'true'\n",
                "r.conf line 3: 'insecure' is neither true nor false"},
        Refused{"BlockedIsANumber", "[[registry]]\nlocation='a.example'\nblocked = 1\n", "r.conf line 3"},
        Refused{
            "UnknownUse",
            "[[registry]]\nlocation='a.example'\n[[registry.mirror]]\nlocation='m.example'\npull-from-mirror='some'\n",
            "r.conf line 5: pull-from-mirror takes all, digest-only or tag-only, not 'some'"},
        Refused{"TwoWaysToSayIt",
                "[[registry]]\nlocation='a.example'\nmirror-by-digest-only=true\n[[registry.mirror]]\n"
                "location='m.example'\npull-from-mirror='all'\n",
                "say it in one of the two"},
        Refused{"DeepArrays", "a = " + std::string(4'000, '[') + "\n", "r.conf line 1"},
        Refused{"DeepKeys", "a" + repeated(".a", 100'000) + " = 1\n", "line is longer", ErrorCode::limit_exceeded},
        Refused{"DeepTables", "[a" + repeated(".a", 100'000) + "]\n", "line is longer", ErrorCode::limit_exceeded},
        Refused{"LongLine", "a = '" + std::string(5'000, 'x') + "'\n", "r.conf line 1", ErrorCode::limit_exceeded},
        Refused{"ManyRules", many_rules(10'001), "more than 10000 [[registry]]", ErrorCode::limit_exceeded},
        Refused{"ManyMirrors",
                "[[registry]]\nlocation='a.example'\n" + repeated("[[registry.mirror]]\nlocation='m.example'\n", 65),
                "more than 64 mirrors", ErrorCode::limit_exceeded}),
    [](const auto& row) { return row.param.name; });

TEST(RegistriesParse, TakesDeepKeysOfOneLine) {
  const auto registries = parse("[a" + repeated(".a", 1'900) + "]\na" + repeated(".a", 1'900) + " = 1\n");
  ASSERT_TRUE(registries);
  EXPECT_EQ(registries->warnings().size(), 1U);
}

struct Warned {
  const char* name;
  const char* conf;
  const char* says;
};
class RegistriesWarn : public ::testing::TestWithParam<Warned> {};

TEST_P(RegistriesWarn, OfWhatHasNoEffect) {
  const auto registries = parse(GetParam().conf);
  ASSERT_TRUE(registries) << registries.error().message();
  ASSERT_EQ(registries->warnings().size(), 1U);
  EXPECT_EQ(registries->warnings().front(), GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RegistriesWarn,
    ::testing::Values(
        Warned{"Unknown", "\nmirrors = []\n", "r.conf line 2: 'mirrors' is not known at the top and has no effect"},
        Warned{"UnknownInRegistry", "[[registry]]\nlocation='a.example'\nlocaton='b.example'\n",
               "r.conf line 3: 'locaton' is not known in [[registry]] and has no effect"},
        Warned{"RegistryKeyAtTheTop", "insecure = true\n",
               "r.conf line 1: 'insecure' has no effect at the top: it belongs into [[registry]]"},
        Warned{"MirrorAtTheTop", "[[mirror]]\nlocation='m.example'\n",
               "r.conf line 1: 'mirror' has no effect at the top: it belongs into [[registry]]"},
        Warned{"TopKeyInRegistry", "[[registry]]\nlocation='a.example'\nunqualified-search-registries=['docker.io']\n",
               "r.conf line 3: 'unqualified-search-registries' has no effect in [[registry]]: it belongs at the top, "
               "before the first [[registry]]"},
        Warned{"MirrorKeyInRegistry", "[[registry]]\nlocation='a.example'\npull-from-mirror='all'\n",
               "r.conf line 3: 'pull-from-mirror' has no effect in [[registry]]: it belongs into [[registry.mirror]]"},
        Warned{"BlockedInMirror",
               "[[registry]]\nlocation='a.example'\n[[registry.mirror]]\nlocation='m.example'\nblocked=true\n",
               "r.conf line 5: 'blocked' has no effect in [[registry.mirror]]: it belongs into [[registry]]"},
        Warned{"Version1", "[registries.search]\nregistries = ['docker.io']\n",
               "r.conf line 1: [registries] is of version 1, which is not read: write [[registry]] tables"},
        Warned{"PrefixWithATag", "[[registry]]\nprefix='a.example/x:1'\nlocation='b.example/x'\n",
               "r.conf line 2: a prefix with a tag or a digest has no effect: name the repository"},
        Warned{"SecondRule", "[[registry]]\nlocation='a.example'\n[[registry]]\nlocation='A.example'\nblocked=true\n",
               "r.conf line 3: a second [[registry]] for 'a.example' has no effect: that of line 1 is read"}),
    [](const auto& row) { return row.param.name; });

TEST(RegistriesParse, NotesWhatIsOfOtherPrograms) {
  const auto registries = parse(
      "unqualified-search-registries = ['quay.io']\nshort-name-mode = 'enforcing'\ncredential-helpers = ['x']\n"
      "[aliases]\nalpine = 'quay.io/alpine'\n");
  ASSERT_TRUE(registries);
  EXPECT_TRUE(registries->warnings().empty());
  EXPECT_EQ(registries->notes().size(), 4U);
  EXPECT_EQ(places(*registries, "alpine"), "docker.io/library/alpine");
}

TEST(RegistriesInsecure, IsWhatNoEntryContradicts) {
  const auto registries = parse(R"(
[[registry]]
location = "lax.example"
insecure = true
[[registry]]
location = "both.example/a"
insecure = true
[[registry]]
location = "both.example/b"
[[registry]]
prefix = "*.lab.example"
insecure = true
[[registry]]
location = "strict.example"
[[registry.mirror]]
location = "mirror.example:5000/x"
insecure = true
)");
  ASSERT_TRUE(registries);
  const std::map<std::string, bool> insecure = {
      {"lax.example", true},     {"both.example", false},       {"a.lab.example", true},   {"lab.example", false},
      {"strict.example", false}, {"mirror.example:5000", true}, {"mirror.example", false}, {"lax.example.org", false},
      {"notlax.example", false}, {"a.lab.example:5000", true}};
  for (const auto& [registry, expected] : insecure) EXPECT_EQ(registries->is_insecure(registry), expected) << registry;
  EXPECT_TRUE(registries->is_mirror_only("mirror.example:5000"));
  EXPECT_FALSE(registries->is_mirror_only("lax.example"));
  EXPECT_FALSE(registries->is_mirror_only("other.example"));
}

class RegistriesLoad : public ::testing::Test {
 protected:
  RegistriesLoad() { options.system = folder / "etc/registries.conf"; }

  static std::string rule(const char* location) {
    return "[[registry]]\nprefix = 'r.example'\nlocation = '" + std::string(location) + "'\n";
  }
  std::string load(std::map<std::string, std::string> variables = {}) {
    variables.emplace("HOME", (folder / "home").string());
    const auto loaded = load_registries(options, [variables](const std::string& name) {
      const auto at = variables.find(name);
      return at == variables.end() ? std::nullopt : std::optional(at->second);
    });
    return loaded ? places(*loaded, "r.example/a") : loaded.error().message();
  }

  TempDir folder;
  RegistriesOptions options;
};

TEST_F(RegistriesLoad, NeedsNoFile) { EXPECT_EQ(load(), "r.example/a"); }

TEST_F(RegistriesLoad, TakesTheFirstFileOfTheOrder) {
  folder.write("etc/registries.conf", rule("system.example"));
  EXPECT_EQ(load(), "system.example/a");
  folder.write("home/.config/containers/registries.conf", rule("user.example"));
  EXPECT_EQ(load(), "user.example/a");
  folder.write("xdg/containers/registries.conf", rule("xdg.example"));
  const auto xdg = std::pair{"XDG_CONFIG_HOME", (folder / "xdg").string()};
  EXPECT_EQ(load({xdg}), "xdg.example/a");
  const auto variable =
      std::pair{"CONTAINERS_REGISTRIES_CONF", folder.write("variable.conf", rule("variable.example")).string()};
  EXPECT_EQ(load({xdg, variable}), "variable.example/a");
  options.file = folder.write("option.conf", rule("option.example"));
  EXPECT_EQ(load({xdg, variable}), "option.example/a");
  options.none = true;
  EXPECT_EQ(load({xdg, variable}), "r.example/a");
}

TEST_F(RegistriesLoad, LaysDropInsOverTheFileByName) {
  folder.write("etc/registries.conf", rule("system.example"));
  folder.write("etc/registries.conf.d/10.conf", rule("ten.example"));
  folder.write("etc/registries.conf.d/20.conf", rule("twenty.example"));
  folder.write("etc/registries.conf.d/30.conf.bak", rule("backup.example"));
  EXPECT_EQ(load(), "twenty.example/a");
  folder.write("home/.config/containers/registries.conf.d/00.conf", rule("user.example"));
  EXPECT_EQ(load(), "user.example/a");
}

TEST_F(RegistriesLoad, NamesAFileThatIsNotThere) {
  options.file = folder / "absent.conf";
  EXPECT_NE(load().find("absent.conf"), std::string::npos);
}

TEST_F(RegistriesLoad, NamesADropInThatIsBroken) {
  folder.write("etc/registries.conf.d/10.conf", "[[registry]]\n");
  EXPECT_NE(load().find("10.conf line 1"), std::string::npos);
}

TEST_F(RegistriesLoad, RefusesAFileThatIsTooLarge) {
  folder.write("etc/registries.conf", repeated("# nothing at all\n", 300'000));
  EXPECT_NE(load().find("registries.conf"), std::string::npos);
}

TEST_F(RegistriesLoad, TellsWarningsOnceAndErrorsAlways) {
  std::vector<std::string> told;
  options.file = folder.write("r.conf", "insecure = true\n[aliases]\n");
  options.warn = [&](const std::string& text) { told.push_back("warning " + text); };
  options.note = [&](const std::string& text) { told.push_back("note " + text); };
  RegistriesConf conf(options, [](const std::string&) { return std::nullopt; });
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(conf.places(repository("alpine")));
  EXPECT_TRUE(conf.places(repository("alpine")));
  EXPECT_EQ(told.size(), 2U);

  options.file = folder.write("bad.conf", "[[registry]]\n");
  RegistriesConf bad(options, [](const std::string&) { return std::nullopt; });
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(bad.places(repository("alpine")));
}

}  // namespace
}  // namespace registries_test
}  // namespace dray::settings
