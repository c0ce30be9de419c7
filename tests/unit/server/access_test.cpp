#include <gtest/gtest.h>
#include <dray/server/access.hpp>
#include <dray/server/limits.hpp>

#include "access_fixture.hpp"

namespace dray::server {
namespace access_test {
namespace {

const std::vector<Need> nothing;
const std::vector<Need> pull{{"team/app", Action::pull}};
const std::vector<Need> push{{"team/app", Action::push}};
const std::vector<Need> remove{{"team/app", Action::remove}};
const std::vector<Need> catalog{{"", Action::pull}};

TEST(OpenAccess, GrantsEverythingToNobodyInParticular) {
  const auto access = open_access();
  for (const auto& needs : {nothing, pull, push, remove, catalog}) {
    EXPECT_EQ(outcome(access->decide_at_once(request_with(""), needs).value()), "nobody");
    EXPECT_EQ(ask(*access, request_with("nonsense"), needs), "nobody");
  }
  EXPECT_EQ(access->token_path(), "");
}

TEST(BasicAccess, GrantsUsersEverythingAndOthersNothing) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  ASSERT_NE(access, nullptr);
  for (const auto& needs : {nothing, pull, push, remove, catalog}) {
    EXPECT_EQ(ask(*access, request_with(basic("alice", "secret")), needs), "alice");
    EXPECT_EQ(ask(*access, request_with(basic("bob", "hidden")), needs), "bob");
    EXPECT_EQ(ask(*access, request_with(""), needs), "401");
    EXPECT_EQ(ask(*access, request_with("Basic Og=="), needs), "401") << "an empty login is none";
  }
  EXPECT_EQ(access->token_path(), "");
}

TEST(BasicAccess, ChallengesWithItsRealm) {
  AccessFixture fixture;
  auto options = fixture.options();
  const auto challenges = [&] {
    return std::get<Denied>(fixture.open(options)->decide(request_with(""), pull)).challenges;
  };
  EXPECT_EQ(challenges(), std::vector<std::string>{R"(Basic realm="dray", charset="UTF-8")"});
  options.basic_realm = "the cellar";
  EXPECT_EQ(challenges(), std::vector<std::string>{R"(Basic realm="the cellar", charset="UTF-8")"});
  options.basic_realm = "a\"b";
  EXPECT_EQ(fixture.open(options), nullptr);
}

TEST(BasicAccess, LetsOthersPullWhereThatIsAllowed) {
  AccessFixture fixture;
  auto options = fixture.options();
  options.anonymous_pull = true;
  const auto access = fixture.open(options);
  EXPECT_EQ(ask(*access, request_with(""), pull), "nobody");
  EXPECT_EQ(ask(*access, request_with("Basic Og=="), pull), "nobody");
  EXPECT_EQ(ask(*access, request_with(""), push), "401");
  EXPECT_EQ(ask(*access, request_with(""), remove), "401");
  EXPECT_EQ(ask(*access, request_with(""), catalog), "401");
  EXPECT_EQ(ask(*access, request_with(""), {pull[0], push[0]}), "401");
  EXPECT_EQ(ask(*access, request_with(""), nothing), "401") << "else a client would never log in to push";
  EXPECT_EQ(ask(*access, request_with(basic("alice", "wrong")), pull), "401") << "a wrong password is an error";
}

struct Wrong {
  const char* name;
  std::string authorization;
};
class BasicAccessRefuses : public ::testing::TestWithParam<Wrong> {};

TEST_P(BasicAccessRefuses, WhatIsNoRightLogin) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  EXPECT_EQ(ask(*access, request_with(GetParam().authorization), pull), "401");
}

INSTANTIATE_TEST_SUITE_P(
    Table, BasicAccessRefuses,
    ::testing::Values(Wrong{"wrong_password", basic("alice", "hidden")},
                      Wrong{"unknown_user", basic("carol", "secret")}, Wrong{"empty_password", basic("alice", "")},
                      Wrong{"empty_user", basic("", "secret")}, Wrong{"other_case", basic("Alice", "secret")},
                      Wrong{"nul_behind_the_password", basic("alice", std::string_view("secret\0x", 8))},
                      Wrong{"nul_behind_the_user", basic(std::string_view("alice\0x", 7), "secret")},
                      Wrong{"line_end", basic("alice", "secret\n")}, Wrong{"no_colon", "Basic YWxpY2U="},
                      Wrong{"no_base64", "Basic !!!!"}, Wrong{"nothing", "Basic "}, Wrong{"no_blank", "Basic"},
                      Wrong{"too_long", basic("alice", std::string(5000, 'x'))}, Wrong{"bearer", "Bearer abc"},
                      Wrong{"other_scheme", "Digest username=alice"},
                      Wrong{"hash_as_password", basic("alice", fake_hash(4, "secret"))}),
    [](const auto& row) { return row.param.name; });

TEST(BasicAccess, RefusesTwoAuthorizations) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  auto request = request_with(basic("alice", "secret"));
  request.headers.add("authorization", basic("bob", "hidden"));
  EXPECT_EQ(ask(*access, request, pull), "401");
}

TEST(BasicAccess, AnswersAtOnceWhatTakesNoPasswordCheck) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  const auto good = request_with(basic("alice", "secret"));
  EXPECT_TRUE(access->decide_at_once(request_with(""), pull));
  EXPECT_TRUE(access->decide_at_once(request_with("Basic !"), pull));
  EXPECT_FALSE(access->decide_at_once(good, pull));
  EXPECT_EQ(fixture.rounds, 0U);
  EXPECT_EQ(ask(*access, good, pull), "alice");
  const auto rounds = fixture.rounds.load();
  EXPECT_EQ(outcome(access->decide_at_once(good, pull).value()), "alice") << "it was right a moment ago";
  EXPECT_EQ(fixture.rounds, rounds);
  EXPECT_FALSE(access->decide_at_once(request_with(basic("alice", "wrong")), pull));
  fixture.clock.advance(limits::remembered_login_lifetime);
  EXPECT_FALSE(access->decide_at_once(good, pull));
}

TEST(BasicAccess, HeedsAChangedFileAtTheNextRequest) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  const auto good = request_with(basic("alice", "secret"));
  EXPECT_EQ(ask(*access, good, pull), "alice");
  fixture.write_users({{"alice", "changed"}});
  EXPECT_FALSE(access->decide_at_once(good, pull));
  EXPECT_EQ(ask(*access, good, pull), "401");
  EXPECT_EQ(ask(*access, request_with(basic("alice", "changed")), pull), "alice");
  EXPECT_EQ(ask(*access, request_with(basic("bob", "hidden")), pull), "401");
  fixture.folder.write("htpasswd", "alice:plain\n");
  EXPECT_EQ(ask(*access, request_with(basic("alice", "changed")), pull), "alice") << "a broken file changes nothing";
  ASSERT_EQ(fixture.reports.size(), 1U);
  EXPECT_NE(fixture.reports[0].find("htpasswd:1"), std::string::npos) << fixture.reports[0];
}

TEST(BasicAccess, DoesNotStartWithoutItsFileOrWithABrokenOne) {
  AccessFixture fixture;
  auto options = fixture.options();
  options.htpasswd = fixture.folder / "none";
  EXPECT_EQ(fixture.open(options), nullptr);
  fixture.folder.write("htpasswd", "alice:plain\n");
  const auto broken = password_access(fixture.options(), fixture.clock);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), ErrorCode::invalid_input);
}

TEST(BasicAccess, ChecksRealHashes) {
  AccessFixture fixture;
  fixture.folder.write("htpasswd", "alice:$2y$05$1kbceuI5A4nk9iOEgAXJyeebwB3gFAoolGFcJ2M4ozkpJCJYxQC5G\n");
  const auto access = password_access(fixture.options(), fixture.clock);
  ASSERT_TRUE(access) << access.error().message();
  EXPECT_EQ(ask(**access, request_with(basic("alice", "wonderland")), pull), "alice");
  EXPECT_EQ(ask(**access, request_with(basic("alice", "looking-glass")), pull), "401");
}

TEST(S7PasswordChecks, CostUnknownUsersAndKnownOnesTheSameRounds) {
  AccessFixture fixture;
  fixture.folder.write(
      "htpasswd", "low:" + fake_hash(4, "a") + "\nmiddle:" + fake_hash(7, "b") + "\nhigh:" + fake_hash(12, "c") + "\n");
  const auto access = fixture.open(fixture.options());
  ASSERT_NE(access, nullptr);
  for (const auto* const user : {"low", "middle", "high", "nobody", "LOW", "*"}) {
    fixture.rounds = 0;
    EXPECT_EQ(ask(*access, request_with(basic(user, "wrong")), pull), "401");
    EXPECT_EQ(fixture.rounds, 1U << 12U) << user;
  }
}

TEST(S7PasswordChecks, AnswerUnknownUsersAndKnownOnesTheSameWords) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  const auto known = std::get<Denied>(access->decide(request_with(basic("alice", "wrong")), pull));
  const auto unknown = std::get<Denied>(access->decide(request_with(basic("carol", "wrong")), pull));
  EXPECT_EQ(known.why, unknown.why);
  EXPECT_EQ(known.challenges, unknown.challenges);
}

TEST(S7PasswordChecks, AreRefusedToAnAddressThatFailedTooOften) {
  AccessFixture fixture;
  const auto access = fixture.open(fixture.options());
  EXPECT_EQ(ask(*access, request_with(basic("bob", "hidden")), pull), "bob");
  for (std::size_t i = 0; i < limits::max_failed_logins; ++i) {
    EXPECT_EQ(ask(*access, request_with(basic("alice", "guess" + std::to_string(i))), pull), "401");
  }
  const auto rounds = fixture.rounds.load();
  EXPECT_EQ(ask(*access, request_with(basic("alice", "secret")), pull), "429") << "right, but too late";
  EXPECT_EQ(outcome(access->decide_at_once(request_with(basic("carol", "x")), pull).value()), "429");
  EXPECT_EQ(fixture.rounds, rounds) << "no bcrypt for a flood";
  EXPECT_EQ(ask(*access, request_with(basic("bob", "hidden")), pull), "bob") << "one who is logged in goes on";
  EXPECT_EQ(ask(*access, request_with(basic("alice", "secret"), "192.0.2.2"), pull), "alice");
  fixture.clock.advance(limits::failed_login_window);
  EXPECT_EQ(ask(*access, request_with(basic("alice", "secret")), pull), "alice");
}

}  // namespace
}  // namespace access_test
}  // namespace dray::server
