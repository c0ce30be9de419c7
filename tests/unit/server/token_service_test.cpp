#include <gtest/gtest.h>
#include <dray/format/json.hpp>
#include <dray/server/limits.hpp>

#include "crypto.hpp"
#include "support/hashing.hpp"
#include "token_fixture.hpp"

// Asking for a token: distribution's docs/spec/auth/token.md and oauth.md.

namespace dray::server {
namespace token_service_test {
namespace {

TEST(TokenService, AnswersAGetWithBasicAsTheSpecificationHasIt) {
  const TokenFixture fixture;
  const auto response = fixture.get({{"service", "dray"},
                                     {"account", "alice"},
                                     {"client_id", "docker"},
                                     {"scope", "repository:team/app:pull,push"},
                                     {"scope", "repository:team/base:pull registry:catalog:*"}},
                                    basic("alice", "secret"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(*response.headers.find("Content-Type"), "application/json");
  EXPECT_EQ(*response.headers.find("Cache-Control"), "no-store");
  const auto body = TokenFixture::body_of(response);
  EXPECT_EQ(*body.find("token"), *body.find("access_token"));
  EXPECT_EQ(body.find("expires_in")->as_int(), 300);
  EXPECT_EQ(*body.find("issued_at")->as_string(), "2019-03-15T00:29:41Z");
  EXPECT_EQ(*body.find("scope")->as_string(),
            "repository:team/app:pull,push repository:team/base:pull registry:catalog:*");
  EXPECT_EQ(body.find("refresh_token"), nullptr);
  const auto token = *body.find("token")->as_string();
  EXPECT_EQ(fixture.ask_with(token, {{"team/app", Action::push}, {"team/base", Action::pull}}), "alice");
  EXPECT_EQ(fixture.ask_with(token, {{"", Action::pull}}), "alice");
  EXPECT_EQ(fixture.ask_with(token, {{"team/base", Action::push}}), "401");
}

TEST(TokenService, TakesAStarForEveryAction) {
  const TokenFixture fixture;
  const auto token = fixture.token_for("alice", "secret", "repository:team/app:*");
  EXPECT_EQ(
      fixture.ask_with(token, {{"team/app", Action::pull}, {"team/app", Action::push}, {"team/app", Action::remove}}),
      "alice");
}

TEST(TokenService, LeavesOutWhatItDoesNotKnow) {
  const TokenFixture fixture;
  const auto response = fixture.get({{"scope", "repository:localhost:5000/team/app:pull"},
                                     {"scope", "repository(plugin):team/app:pull,admin"},
                                     {"scope", "registry:catalog:pull"},
                                     {"scope", "registry:other:*"},
                                     {"scope", "repository:Team/App:pull"}},
                                    basic("alice", "secret"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(TokenFixture::text(response, "scope"), "repository:team/app:pull");
}

TEST(TokenService, AsksForALogin) {
  const TokenFixture fixture;
  for (const auto& authorization :
       {std::string(), basic("alice", "wrong"), basic("carol", "secret"), std::string("Bearer x")}) {
    const auto response = fixture.get({{"service", "dray"}}, authorization);
    EXPECT_EQ(response.status, 401);
    ASSERT_NE(response.headers.find("WWW-Authenticate"), nullptr);
    EXPECT_TRUE(response.headers.find("WWW-Authenticate")->starts_with("Basic "));
    EXPECT_EQ(TokenFixture::text(response, "error"), "invalid_grant");
    EXPECT_EQ(*TokenFixture::body_of(response).find("errors")->as_array()->at(0).find("code"), Json("UNAUTHORIZED"));
  }
  EXPECT_EQ(fixture.get({}, basic("alice", "secret")).status, 200) << "a login asks for no scope";
}

TEST(TokenService, GivesAnonymousTokensWhereSomethingMayBePulled) {
  TokenFixture fixture;
  auto options = fixture.token_options();
  options.anonymous_pull = true;
  fixture.access = fixture.open(options);
  EXPECT_EQ(ask(*fixture.access, request_with(""), pull), "nobody") << "without a token, as curl asks";
  EXPECT_EQ(ask(*fixture.access, request_with(""), nothing), "401") << "else nobody would ever log in";
  const auto response = fixture.get({{"scope", "repository:team/app:pull,push"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(TokenFixture::text(response, "scope"), "repository:team/app:pull");
  const auto token = TokenFixture::text(response, "token");
  EXPECT_EQ(fixture.ask_with(token, nothing), "nobody");
  EXPECT_EQ(fixture.ask_with(token, pull), "nobody");
  EXPECT_TRUE(fixture.challenge("Bearer " + token, push).ends_with(R"(error="insufficient_scope")"));
  EXPECT_EQ(TokenFixture::text(fixture.get({{"offline_token", "true"}}), "refresh_token"), "");
}

TEST(TokenService, GivesRefreshTokensThatLastUntilThePasswordChanges) {
  TokenFixture fixture;
  const auto refresh =
      TokenFixture::text(fixture.get({{"offline_token", "true"}}, basic("alice", "secret")), "refresh_token");
  ASSERT_FALSE(refresh.empty());
  EXPECT_EQ(fixture.ask_with(refresh, nothing), "401") << "it is no access token";
  fixture.clock.advance(std::chrono::hours(24));
  const std::string form =
      "grant_type=refresh_token&service=dray&client_id=x&scope=repository%3Ateam%2Fapp%3Apull&refresh_token=";
  const auto response = fixture.post(form + refresh);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(fixture.ask_with(TokenFixture::text(response, "access_token"), pull), "alice");
  EXPECT_EQ(TokenFixture::text(response, "refresh_token"), "");
  EXPECT_EQ(TokenFixture::text(fixture.post(form + refresh + "&access_type=offline"), "refresh_token"), refresh);
  const auto access_token = fixture.token_for("alice", "secret", "repository:team/app:pull");
  EXPECT_EQ(fixture.post(form + access_token).status, 401) << "an access token refreshes nothing";
  fixture.write_users({{"alice", "changed"}});
  EXPECT_EQ(fixture.post(form + refresh).status, 401);
  fixture.write_users({{"alice", "secret"}});
  EXPECT_EQ(fixture.post(form + refresh).status, 200);
  fixture.clock.advance(limits::refresh_token_lifetime);
  EXPECT_EQ(fixture.post(form + refresh).status, 401);
}

TEST(TokenService, AnswersAFormWithUserAndPassword) {
  const TokenFixture fixture;
  const std::string login = "grant_type=password&service=dray&client_id=x&username=alice&password=secret";
  const auto response =
      fixture.post(login + "&access_type=offline&scope=repository:team/app:pull+repository%3Ateam%2Fapp%3Apush");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(TokenFixture::text(response, "scope"), "repository:team/app:pull,push");
  EXPECT_EQ(fixture.ask_with(TokenFixture::text(response, "access_token"), push), "alice");
  EXPECT_FALSE(TokenFixture::text(response, "refresh_token").empty());
  EXPECT_EQ(TokenFixture::text(fixture.post(login), "refresh_token"), "");
}

struct BadForm {
  const char* name;
  std::string form;
  int status;
  const char* error;
};
void PrintTo(const BadForm& form, std::ostream* out) { *out << form.name; }
class TokenServiceRefuses : public ::testing::TestWithParam<BadForm> {};

TEST_P(TokenServiceRefuses, InTheWordsOfOAuth) {
  const TokenFixture fixture;
  const auto response = fixture.post(GetParam().form);
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(TokenFixture::text(response, "error"), GetParam().error);
  EXPECT_FALSE(TokenFixture::text(response, "error_description").empty());
  EXPECT_EQ(TokenFixture::text(response, "token"), "");
}

const std::string login = "grant_type=password&username=alice&password=secret";
INSTANTIATE_TEST_SUITE_P(
    Table, TokenServiceRefuses,
    ::testing::Values(
        BadForm{"empty", "", 400, "invalid_request"},
        BadForm{"no_grant_type", "username=alice&password=secret", 400, "invalid_request"},
        BadForm{"grant_type_code", "grant_type=authorization_code&code=x", 400, "unsupported_grant_type"},
        BadForm{"no_password", "grant_type=password&username=alice", 400, "invalid_request"},
        BadForm{"no_refresh_token", "grant_type=refresh_token", 400, "invalid_request"},
        BadForm{"wrong_password", "grant_type=password&username=alice&password=x", 401, "invalid_grant"},
        BadForm{"unknown_user", "grant_type=password&username=carol&password=secret", 401, "invalid_grant"},
        BadForm{"anonymous", "grant_type=password&username=&password=", 401, "invalid_grant"},
        BadForm{"user_with_colon", "grant_type=password&username=alice%3Asecret&password=", 401, "invalid_grant"},
        BadForm{"wrong_refresh_token", "grant_type=refresh_token&refresh_token=x", 401, "invalid_grant"},
        BadForm{"two_users", login + "&username=bob", 400, "invalid_request"},
        BadForm{"two_grant_types", login + "&grant_type=refresh_token", 400, "invalid_request"},
        BadForm{"broken_percent", login + "%4", 400, "invalid_request"},
        BadForm{"nul", login + "%00", 400, "invalid_request"},
        BadForm{"many_fields",
                login +
                    []() {
                      std::string s;
                      for (int i = 0; i < 70; ++i) s += "&a=b";
                      return s;
                    }(),
                400, "invalid_request"},
        BadForm{"too_large", login + "&a=" + std::string(limits::max_form_bytes, 'x'), 400, "invalid_request"},
        BadForm{"other_service", login + "&service=another", 400, "invalid_request"},
        BadForm{"hostile_scope", login + "&scope=repository:../../etc:pull", 400, "invalid_scope"}),
    [](const auto& row) { return row.param.name; });

TEST(TokenService, WantsTheRightMethodAndContentType) {
  const TokenFixture fixture;
  EXPECT_EQ(fixture.post(login, "application/json").status, 400);
  EXPECT_EQ(fixture.post(login, "application/x-www-form-urlencodedx").status, 400);
  EXPECT_EQ(fixture.post(login, "application/x-www-form-urlencoded; charset=utf-8").status, 200);
  auto request = request_with("");
  request.method = Method::put;
  const auto response = fixture.access->answer_token(request, login);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(*response.headers.find("Allow"), "GET, POST");
}

TEST(TokenService, GivesNoTokenThatIsTooLargeToBePresented) {
  const TokenFixture fixture;
  std::string scopes;
  for (std::size_t i = 0; i < limits::max_scopes; ++i)
    scopes += "repository:" + std::to_string(i) + std::string(220, 'x') + ":pull ";
  const auto response = fixture.get({{"scope", scopes}}, basic("alice", "secret"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(TokenFixture::text(response, "error"), "invalid_scope");
}

TEST(S7TokenService, LimitsFailedLoginsOfAnAddress) {
  const TokenFixture fixture;
  for (std::size_t i = 0; i < limits::max_failed_logins; ++i) {
    EXPECT_EQ(fixture.get({}, basic("alice", "x" + std::to_string(i))).status, 401);
  }
  const auto response = fixture.get({}, basic("alice", "secret"));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(*response.headers.find("Retry-After"), "60");
  EXPECT_EQ(fixture.post(login).status, 429);
}

struct HostileScope {
  const char* name;
  std::string text;
};
void PrintTo(const HostileScope& scope, std::ostream* out) { *out << scope.name; }
class HostileScopes : public ::testing::TestWithParam<HostileScope> {};

TEST_P(HostileScopes, AreRefused) {
  const TokenFixture fixture;
  const auto response = fixture.get({{"scope", GetParam().text}}, basic("alice", "secret"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(TokenFixture::text(response, "error"), "invalid_scope");
  EXPECT_FALSE(TokenFixture::text(response, "error_description").empty());
}

std::string many(const std::string& text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileScopes,
    ::testing::Values(
        HostileScope{"one_part", "repository"}, HostileScope{"two_parts", "repository:a"},
        HostileScope{"no_type", ":a:pull"}, HostileScope{"no_name", "repository::pull"},
        HostileScope{"no_action", "repository:a:"}, HostileScope{"empty_action", "repository:a:pull,"},
        HostileScope{"colons", ":::"}, HostileScope{"type_upper_case", "Repository:a:pull"},
        HostileScope{"type_open_class", "repository(x:a:pull"}, HostileScope{"type_empty_class", "repository():a:pull"},
        HostileScope{"type_class_and_more", "repository(x)y:a:pull"}, HostileScope{"dots", "repository:../a:pull"},
        HostileScope{"dots_inside", "repository:a/../../b:pull"}, HostileScope{"absolute", "repository:/a:pull"},
        HostileScope{"empty_component", "repository:a//b:pull"}, HostileScope{"trailing_slash", "repository:a/:pull"},
        HostileScope{"star_name", "repository:*:pull"}, HostileScope{"quote", "repository:a\"b:pull"},
        HostileScope{"line_end", "repository:a\nb:pull"}, HostileScope{"nul", std::string("repository:a\0b:pull", 19)},
        HostileScope{"utf8", "repository:\xc3\xa4:pull"}, HostileScope{"percent", "repository:a%2fb:pull"},
        HostileScope{"backslash", "repository:a\\b:pull"},
        HostileScope{"long_name", "repository:" + std::string(256, 'a') + ":pull"},
        HostileScope{"action_upper_case", "repository:a:PULL"}, HostileScope{"action_with_star", "repository:a:pull*"},
        HostileScope{"many_actions", "repository:a:a,b,c,d,e,f,g,h,i"},
        HostileScope{"many_scopes", many("repository:a:pull ", limits::max_scopes + 1)}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace token_service_test
}  // namespace dray::server
