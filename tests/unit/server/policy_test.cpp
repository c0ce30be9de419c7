#include "access/policy.hpp"

#include <gtest/gtest.h>

#include <dray/format/json.hpp>

#include "access_fixture.hpp"

namespace dray::server {
namespace policy_test {
namespace {

struct PatternRow {
  const char* name;
  const char* pattern;
  std::vector<std::string> fits;
  std::vector<std::string> others;
};
void PrintTo(const PatternRow& row, std::ostream* out) { *out << row.name; }
class Patterns : public ::testing::TestWithParam<PatternRow> {};

TEST_P(Patterns, FitTheirNamesAlone) {
  for (const auto& name : GetParam().fits) EXPECT_TRUE(fits_pattern(GetParam().pattern, name)) << name;
  for (const auto& name : GetParam().others) EXPECT_FALSE(fits_pattern(GetParam().pattern, name)) << name;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Patterns,
    ::testing::Values(
        PatternRow{"exact", "team/app", {"team/app"}, {"team/app2", "team", "team/app/x", "a/team/app", ""}},
        PatternRow{"star", "team/*", {"team/app", "team/a"}, {"team", "team/a/b", "teams/a", "x/team/a"}},
        PatternRow{"two_stars", "library/**", {"library/a", "library/a/b/c"}, {"library", "librarya", "x/library/a"}},
        PatternRow{"everything", "**", {"a", "a/b/c"}, {}}, PatternRow{"one_part", "*", {"a", "abc"}, {"a/b"}},
        PatternRow{"inside", "team-*/app", {"team-a/app", "team-/app"}, {"team-a/b/app", "team/app"}},
        PatternRow{"end", "*-dev", {"a-dev", "-dev"}, {"a-dev2", "a/b-dev"}},
        PatternRow{"deep_end", "**/app", {"a/app", "a/b/app"}, {"app", "a/apps"}},
        PatternRow{"twice", "*a*a*", {"aa", "banana"}, {"a", "bbb", "a/a"}},
        PatternRow{"slow_elsewhere", "*a*a*a*a*a*a*a*a*a*a*b", {}, {std::string(250, 'a'), std::string(300, 'a')}}),
    [](const auto& row) { return row.param.name; });

struct BadPolicy {
  const char* name;
  std::string text;
  std::string where;
  std::string why;
};
void PrintTo(const BadPolicy& row, std::ostream* out) { *out << row.name; }
class PolicyRefuses : public ::testing::TestWithParam<BadPolicy> {};

TEST_P(PolicyRefuses, NamingFileAndLine) {
  const auto policy = Policy::parse(GetParam().text, "/etc/policy.yml");
  ASSERT_FALSE(policy);
  const auto& message = policy.error().message();
  EXPECT_TRUE(message.starts_with("/etc/policy.yml:" + GetParam().where + ": ")) << message;
  EXPECT_NE(message.find(GetParam().why), std::string::npos) << message;
}

std::string rule(const std::string& text) { return "rules:\n  - " + text; }
std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PolicyRefuses,
    ::testing::Values(
        BadPolicy{"empty", "", "1", "map"}, BadPolicy{"text", "rules", "1", "map"},
        BadPolicy{"list", "- a", "1", "map"}, BadPolicy{"no_rules", "{}", "1", "'rules' must be a list"},
        BadPolicy{"rules_text", "rules: x", "1", "list"}, BadPolicy{"rules_null", "rules:", "1", "list"},
        BadPolicy{"unknown_key", "rules: []\nrule: []\n", "2", "'rule' is not known"},
        BadPolicy{"unknown_key_of_rule", rule("users: [a]\n    repository: [a]\n"), "3", "'repository' is not known"},
        BadPolicy{"rule_text", rule("alice"), "2", "map"},
        BadPolicy{"no_users", rule("repositories: [a]\n    actions: [pull]"), "2", "users"},
        BadPolicy{"empty_users", rule("users: []\n    repositories: [a]\n    actions: [pull]"), "2", "empty"},
        BadPolicy{"users_text", rule("users: alice\n    repositories: [a]\n    actions: [pull]"), "2", "list"},
        BadPolicy{"user_list", rule("users: [[a]]\n    repositories: [a]\n    actions: [pull]"), "2", "texts"},
        BadPolicy{"user_null", rule("users: [~]\n    repositories: [a]\n    actions: [pull]"), "2", "texts"},
        BadPolicy{"user_colon", rule("users: ['a:b']\n    repositories: [a]\n    actions: [pull]"), "2", "':'"},
        BadPolicy{"no_actions", rule("users: [a]\n    repositories: [a]"), "2", "both"},
        BadPolicy{"no_repositories", rule("users: [a]\n    actions: [pull]"), "2", "both"},
        BadPolicy{"nothing_allowed", rule("users: [a]"), "2", "something"},
        BadPolicy{"catalog_false_alone", rule("users: [a]\n    catalog: false"), "2", "something"},
        BadPolicy{"catalog_text", rule("users: [a]\n    catalog: 'true'"), "3", "true or false"},
        BadPolicy{"catalog_yes", rule("users: [a]\n    catalog: yes"), "3", "true or false"},
        BadPolicy{"unknown_action", rule("users: [a]\n    repositories: [a]\n    actions: [pull, write]"), "4",
                  "pull, push or delete"},
        BadPolicy{"star_action", rule("users: [a]\n    repositories: [a]\n    actions: ['*']"), "4",
                  "pull, push or delete"},
        BadPolicy{"upper_case_repository", rule("users: [a]\n    repositories: [Team/a]\n    actions: [pull]"), "3",
                  "lower-case"},
        BadPolicy{"repository_with_tag", rule("users: [a]\n    repositories: ['a:latest']\n    actions: [pull]"), "3",
                  "lower-case"},
        BadPolicy{"repository_slash", rule("users: [a]\n    repositories: [a/]\n    actions: [pull]"), "3",
                  "empty part"},
        BadPolicy{"three_stars", rule("users: [a]\n    repositories: ['***']\n    actions: [pull]"), "3",
                  "means nothing"},
        BadPolicy{"key_twice", "rules: []\nrules: []\n", "2", "twice"}, BadPolicy{"key_list", "[a]: b", "1", "key"},
        BadPolicy{"key_null", "~: b", "1", "key"},
        BadPolicy{"merge_key", "rules: []\n<<: {}\n", "2", "'<<' is not known"},
        BadPolicy{"anchor", "rules: &a []", "1", "anchor"}, BadPolicy{"alias", "rules: *a", "1", ""},
        BadPolicy{"alias_bomb", "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "1", "anchor"},
        BadPolicy{"tag", "rules: !!python/object []", "1", "tag"},
        BadPolicy{"second_document", "rules: []\n---\nrules: []\n", "3", "second"},
        BadPolicy{"broken", "rules: [\n", "2", ""}, BadPolicy{"tab", "rules:\n\t- a\n", "2", ""},
        BadPolicy{"deep", "rules: " + repeated("[", 17), "1", "deeply"},
        BadPolicy{"very_deep", "rules: " + repeated("[", 100'000), "1", "deeply"},
        BadPolicy{"deep_blocks", repeated("- ", 100'000), "1", "deeply"},
        BadPolicy{"large", std::string(2 * 1024 * 1024, '#'), "1", "too large"},
        BadPolicy{"control_characters", std::string("rules: \x01\x02", 9), "1", ""}),
    [](const auto& row) { return row.param.name; });

constexpr std::string_view policy_text = R"(rules:
  - repositories: ["team-a/*", "library/**"]
    users: [alice, bob]
    actions: [pull, push]
  - repositories: ["team-a/*"]
    users: [bob]
    actions: [delete]
  - repositories: ["public/**"]
    users: [anonymous]
    actions: [pull]
  - repositories: ["shared"]
    users: ["*"]
    actions: [pull]
  - users: [alice]
    catalog: true
)";

struct Cell {
  const char* user;
  const char* repository;
  const char* allowed;  // of `pull push delete`
};

TEST(S5Policy, AllowsExactlyTheActionsOfItsRules) {
  const auto policy = Policy::parse(policy_text, "policy");
  ASSERT_TRUE(policy) << policy.error().message();
  const Cell cells[] = {{"alice", "team-a/app", "pull push"},
                        {"bob", "team-a/app", "pull push delete"},
                        {"carol", "team-a/app", ""},
                        {"", "team-a/app", ""},
                        {"alice", "team-a/x/y", ""},
                        {"alice", "library/x/y", "pull push"},
                        {"bob", "library/x", "pull push"},
                        {"alice", "public/x", "pull"},
                        {"", "public/x", "pull"},
                        {"carol", "public/x", "pull"},
                        {"", "public", ""},
                        {"carol", "shared", "pull"},
                        {"", "shared", ""},
                        {"anonymous", "team-a/app", ""},
                        {"*", "team-a/app", ""},
                        {"alice", "other", ""},
                        {"bob", "_catalog", ""}};
  for (const auto& cell : cells) {
    std::string allowed;
    for (const auto action : {Action::pull, Action::push, Action::remove}) {
      if (policy->allows(cell.user, {cell.repository, action}))
        allowed.append(allowed.empty() ? "" : " ").append(name(action));
    }
    EXPECT_EQ(allowed, cell.allowed) << cell.user << " on " << cell.repository;
  }
}

TEST(S5Policy, KeepsTheCatalogApart) {
  const auto policy = Policy::parse(policy_text, "policy");
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->allows("alice", {"", Action::pull}));
  EXPECT_FALSE(policy->allows("alice", {"", Action::push}));
  EXPECT_FALSE(policy->allows("bob", {"", Action::pull}));
  EXPECT_FALSE(policy->allows("", {"", Action::pull}));
  const auto everything = Policy::parse(rule("users: ['*']\n    repositories: ['**']\n    actions: [pull]"), "policy");
  ASSERT_TRUE(everything);
  EXPECT_FALSE(everything->allows("alice", {"", Action::pull})) << "no pattern is the catalog";
}

TEST(S5Policy, DeniesWhereNoRuleSaysOtherwise) {
  const auto policy = Policy::parse("rules: []\n", "policy");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_FALSE(policy->allows("alice", {"a", Action::pull}));
  EXPECT_FALSE(policy->allows_anonymous());
}

class S5Access : public ::testing::TestWithParam<bool> {
 protected:
  S5Access() {
    fixture_.folder.write("policy.yml", policy_text);
    auto options = fixture_.options();
    options.policy = fixture_.folder / "policy.yml";
    options.tokens = GetParam();
    access_ = fixture_.open(options);
  }
  [[nodiscard]] std::string authorization(const std::string& user, const std::string& password) const {
    if (!GetParam()) return basic(user, password);
    auto request = request_with(basic(user, password));
    for (const auto* const name : {"team-a/app", "public/x", "other"}) {
      request.query.emplace_back("scope", std::string("repository:") + name + ":*");
    }
    request.query.emplace_back("scope", "registry:catalog:*");
    const auto response = access_->answer_token(request, "");
    const auto body = Json::parse(std::get<std::string>(response.body));
    return body && body->find("token") != nullptr ? "Bearer " + *body->find("token")->as_string() : "";
  }
  [[nodiscard]] std::string ask_as(const std::string& credential, const char* repository, Action action) const {
    return ask(*access_, request_with(credential), {{repository, action}});
  }

  AccessFixture fixture_;
  std::shared_ptr<Access> access_;
};
INSTANTIATE_TEST_SUITE_P(Modes, S5Access, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "tokens" : "basic"; });

TEST_P(S5Access, ObeysThePolicy) {
  ASSERT_NE(access_, nullptr);
  const auto alice = authorization("alice", "secret");
  const auto bob = authorization("bob", "hidden");
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::pull), "alice");
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::push), "alice");
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::remove), "403") << "to delete is not to push";
  EXPECT_EQ(ask_as(bob, "team-a/app", Action::remove), "bob");
  EXPECT_EQ(ask_as(alice, "other", Action::pull), "403");
  EXPECT_EQ(ask_as(alice, "", Action::pull), "alice");
  EXPECT_EQ(ask_as(bob, "", Action::pull), "403");
  EXPECT_EQ(ask_as("", "public/x", Action::pull), "nobody");
  EXPECT_EQ(ask_as("", "public/x", Action::push), "401");
  EXPECT_EQ(ask_as("", "team-a/app", Action::pull), "401");
  EXPECT_EQ(ask(*access_, request_with(alice), {{"team-a/app", Action::push}, {"other", Action::pull}}), "403")
      << "every need counts: a mount's source too";
}

TEST_P(S5Access, RevokesWithTheNextRequest) {
  ASSERT_NE(access_, nullptr);
  const auto alice = authorization("alice", "secret");
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::push), "alice");
  fixture_.folder.write("policy.yml", rule("users: [alice]\n    repositories: ['team-a/*']\n    actions: [pull]\n"));
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::push), "403");
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::pull), "alice");
  EXPECT_EQ(ask_as("", "public/x", Action::pull), "401");
  fixture_.folder.write("policy.yml", "rules: [\n");
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::push), "403") << "a broken file changes nothing";
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::pull), "alice");
  EXPECT_EQ(fixture_.reports.size(), 1U);
  fixture_.write_users({{"bob", "hidden"}});
  EXPECT_EQ(ask_as(alice, "team-a/app", Action::pull), "401");
}

TEST(S5Options, TakeAPolicyOrAnonymousPullNotBoth) {
  AccessFixture fixture;
  auto options = fixture.options();
  options.policy = fixture.folder.write("policy.yml", policy_text);
  options.anonymous_pull = true;
  EXPECT_EQ(fixture.open(options), nullptr);
  options.anonymous_pull = false;
  EXPECT_NE(fixture.open(options), nullptr);
  fixture.folder.write("policy.yml", "rules: x");
  EXPECT_EQ(fixture.open(options), nullptr);
  options.policy = fixture.folder / "none";
  EXPECT_EQ(fixture.open(options), nullptr);
}

}  // namespace
}  // namespace policy_test
}  // namespace dray::server
