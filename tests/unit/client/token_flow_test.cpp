// How tokens are had, step by step: odd servers, refresh tokens, tokens that end under way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace dray::client {
namespace token_flow_test {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string path = "/v2/app/tags/list";
const std::string line = "GET https://r.example/v2/app/tags/list";
const std::string ping_line = "GET https://r.example/v2/";
const std::string post_line = "POST https://auth.example/token";
const std::string realm = "https://auth.example/token";
const Credential carol{"", "", "/home/carol/config.json", "refresh-1"};
const Credential dave{"", "", "/home/dave/config.json", "", "registry-token"};

// Odd servers

TEST(OddRegistry, SaysForbiddenWithAChallenge) {
  ClientUnderTest t;
  auto challenge = bearer_challenge();
  challenge.status = 403;
  t.wire->on(line, challenge).on(line, {200}).on(pull_token_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->count(ping_line), 0U);
}

TEST(OddRegistry, SaysForbiddenWithAChallengeToATokenThatIsTooNarrow) {
  ClientUnderTest t;
  auto challenge = bearer_challenge(realm, ",error=\"insufficient_scope\"");
  challenge.status = 403;
  t.wire->on(line, bearer_challenge()).on(line, challenge).on(line, {200});
  t.wire->on(pull_token_line, token_reply("t1")).on(pull_token_line, token_reply("t2"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t2");
}

TEST(OddRegistry, ForbiddenToATokenStandsWithoutAWord) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {403}).on(pull_token_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 403);
  EXPECT_EQ(t.wire->count(line), 2U);
}

TEST(OddRegistry, NamesTheScopeOnTheSecondTryAlone) {
  ClientUnderTest t;
  const std::string other = pull_token_line + "&scope=repository%3Aproxy%2Fapp%3Apull";
  const std::string first =
      "GET https://auth.example/token?service=r.example&scope=repository%3Aproxy%2Fapp%3Apull"
      "&scope=repository%3Aapp%3Apull";
  t.wire->on(line, bearer_challenge());
  t.wire->on(line, bearer_challenge(realm, ",scope=\"repository:proxy/app:pull\",error=\"insufficient_scope\""));
  t.wire->on(line, {200}).on(pull_token_line, token_reply("t1")).on(first, token_reply("t2"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t2");
  EXPECT_EQ(t.wire->count(other), 0U);  // the missing one comes first
}

TEST(OddRegistry, ChallengesNothingButThePingAndTokensStillEnd) {
  ClientUnderTest t;
  t.wire->on(line, {401}).on(line, {200}).on(line, {401}).on(line, {200}).on(ping_line, bearer_challenge());
  t.wire->on(pull_token_line, token_reply("t1")).on(pull_token_line, token_reply("t2"));
  ASSERT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t2");
  EXPECT_EQ(t.wire->count(ping_line), 1U);
}

TEST(OddRegistry, RelativeRealmIsItsOwn) {
  ClientUnderTest t({.credential = bob, .token_servers = {}});
  t.wire->on(line, bearer_challenge("/auth")).on(line, {200});
  const std::string token = "GET https://r.example/auth?service=r.example&scope=repository%3Aapp%3Apull";
  t.wire->on(token, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(token).header("Authorization"), bobs_basic);
}

Reply both_challenges(const std::string& bearer_realm) {
  auto reply = bearer_challenge(bearer_realm);
  reply.headers.push_back({"WWW-Authenticate", "Basic realm=\"r\""});
  return reply;
}

// C-2
TEST(BasicBesideBearer, IsUsedWhereTheTokenServerMayNotSeeThePassword) {
  for (const auto* const bearer_realm :
       {"https://elsewhere.test/token", "http://r.example/token", "ftp://r.example/"}) {
    SCOPED_TRACE(bearer_realm);
    ClientUnderTest t({.credential = bob});
    t.wire->on(line, both_challenges(bearer_realm)).on(line, {200});
    EXPECT_EQ(t.get(path).value(), 200);
    EXPECT_EQ(t.wire->last(line).header("Authorization"), bobs_basic);
    EXPECT_EQ(t.wire->sent().size(), 2U);
  }
}

TEST(BasicBesideBearer, IsNotForStrangers) {
  ClientUnderTest t({.token_servers = {}});
  t.wire->on(line, both_challenges("https://elsewhere.test/token")).on(line, {200});
  const std::string token = "GET https://elsewhere.test/token?service=r.example&scope=repository%3Aapp%3Apull";
  t.wire->on(token, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
}

// C-2: what is held back, and how it is told.
TEST(HeldBack, OptionThatAllowsItIsNamed) {
  for (const auto& credential : {bob, carol}) {
    ClientUnderTest t({.credential = credential, .token_servers = {}});
    t.wire->on(line, bearer_challenge("https://elsewhere.test:8443/token"));
    const std::string token = "GET https://elsewhere.test:8443/token?service=r.example&scope=repository%3Aapp%3Apull";
    t.wire->on(token, {401});
    const auto tags = t.repository()->list_tags({});
    ASSERT_FALSE(tags.has_value());
    EXPECT_EQ(tags.error().code(), ErrorCode::unauthorized);
    EXPECT_THAT(tags.error().message(), AllOf(HasSubstr("was held back"), HasSubstr(credential.origin),
                                              HasSubstr("--token-server elsewhere.test:8443"), Not(HasSubstr("secret")),
                                              Not(HasSubstr("refresh-1"))));
    EXPECT_EQ(t.wire->last(token).header("Authorization"), "");
    EXPECT_EQ(t.wire->last(token).body, "");
  }
}

TEST(HeldBack, IsNotedWhereStrangersMayRead) {
  ClientUnderTest t({.credential = bob, .token_servers = {}});
  t.wire->on(line, bearer_challenge("https://elsewhere.test/token")).on(line, {200});
  t.wire->on("GET https://elsewhere.test/token?service=r.example&scope=repository%3Aapp%3Apull", token_reply("t"));
  ASSERT_EQ(t.get(path).value(), 200);
  EXPECT_THAT(t.observer->notes(), Contains(HasSubstr("--token-server elsewhere.test lets it")));
  EXPECT_THAT(t.observer->used(), ElementsAre("Bearer  "));
}

// C-2: Docker Hub's token server is on another host, and known.
TEST(KnownPair, DockerHubsPasswordGoesToItsTokenServer) {
  ClientUnderTest t({.base = "https://registry-1.docker.io/", .credential = bob, .token_servers = {}});
  const std::string hub = "GET https://registry-1.docker.io/v2/app/tags/list";
  const std::string token = "GET https://auth.docker.io/token?service=r.example&scope=repository%3Aapp%3Apull";
  t.wire->on(hub, bearer_challenge("https://auth.docker.io/token")).on(hub, {200}).on(token, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(token).header("Authorization"), bobs_basic);
}

// Refresh tokens

TEST(IdentityToken, TravelsInAFormAndNowhereElse) {
  ClientUnderTest t({.credential = carol});
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(post_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  const auto post = t.wire->last(post_line);
  EXPECT_EQ(post.body,
            "grant_type=refresh_token&refresh_token=refresh-1&service=r.example&client_id=dray"
            "&scope=repository%3Aapp%3Apull");
  EXPECT_EQ(post.header("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(post.header("Authorization"), "");
  EXPECT_EQ(post.addresses, http::AddressRule::public_only);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t1");
  EXPECT_THAT(t.observer->used(), ElementsAre("Bearer <token> /home/carol/config.json"));
}

TEST(IdentityToken, SeveralScopesAreOneField) {
  ClientUnderTest t({.credential = carol});
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(post_line, token_reply("t1"));
  ASSERT_TRUE(t.get(path, {push_scope("app"), pull_scope("base")}).has_value());
  EXPECT_THAT(t.wire->last(post_line).body,
              HasSubstr("&scope=repository%3Aapp%3Apull%2Cpush%20repository%3Abase%3Apull"));
}

TEST(IdentityToken, NewOneTakesThePlaceOfTheOld) {
  ClientUnderTest t({.credential = carol});
  const Reply rotated{200, {}, R"({"access_token":"t","expires_in":60,"refresh_token":"refresh-2"})"};
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(post_line, rotated).on(post_line, token_reply("t2"));
  ASSERT_TRUE(t.get(path).has_value());
  t.clock.advance(seconds(100));
  ASSERT_TRUE(t.get(path).has_value());
  EXPECT_THAT(t.wire->last(post_line).body, HasSubstr("&refresh_token=refresh-2&"));
}

TEST(IdentityToken, StoredOneIsTriedAgainWhenTheNewOneIsRefused) {
  ClientUnderTest t({.credential = carol});
  const Reply rotated{200, {}, R"({"access_token":"t","expires_in":60,"refresh_token":"refresh-2"})"};
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(line, bearer_challenge()).on(line, {200});
  t.wire->on(post_line, rotated).on(post_line, {401}).on(post_line, token_reply("t2"));
  ASSERT_TRUE(t.get(path).has_value());
  t.clock.advance(seconds(100));
  EXPECT_FALSE(t.get(path).has_value());
  ASSERT_TRUE(t.get(path).has_value());
  EXPECT_THAT(t.wire->last(post_line).body, HasSubstr("&refresh_token=refresh-1&"));
}

TEST(IdentityToken, PasswordBesideItIsTriedWherePostIsUnknown) {
  for (const int status : {404, 405}) {
    auto both = bob;
    both.identity_token = "refresh-1";
    ClientUnderTest t({.credential = both});
    t.wire->on(line, bearer_challenge()).on(line, {200}).on(post_line, {status});
    t.wire->on(pull_token_line, token_reply("t1"));
    EXPECT_EQ(t.get(path).value(), 200);
    EXPECT_EQ(t.wire->last(pull_token_line).header("Authorization"), bobs_basic);
  }
}

TEST(IdentityToken, WithoutPasswordThatIsARefusalAndNoAnonymousToken) {
  ClientUnderTest t({.credential = carol});
  t.wire->on(line, bearer_challenge()).on(post_line, {405});
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::unauthorized);
  EXPECT_THAT(tags.error().message(), HasSubstr("takes no identity tokens"));
  EXPECT_EQ(t.wire->count(pull_token_line), 0U);
}

// C-3: never with a body.
TEST(IdentityToken, IsNotSentOnByARedirect) {
  for (const int status : {301, 302, 303, 307, 308}) {
    ClientUnderTest t({.credential = carol});
    t.wire->on(line, bearer_challenge());
    t.wire->on(post_line, {status, {{"Location", "https://auth.example/other"}}});
    EXPECT_FALSE(t.get(path).has_value());
    EXPECT_EQ(t.wire->sent().size(), 2U);
  }
}

// Registry tokens

TEST(RegistryToken, IsPresentedAsItIs) {
  ClientUnderTest t({.credential = dave});
  t.wire->on(line, bearer_challenge()).on(line, {200});
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer registry-token");
  EXPECT_EQ(t.wire->sent().size(), 2U);
}

TEST(RegistryToken, IsTriedWhereNothingIsAskedFor) {
  ClientUnderTest t({.credential = dave});
  t.wire->on(line, {401}).on(line, {200}).on(ping_line, {401});
  EXPECT_EQ(t.get(path).value(), 200);
}

TEST(RegistryToken, ThatIsRefusedIsNotTriedTwice) {
  ClientUnderTest t({.credential = dave});
  t.wire->on(line, bearer_challenge(realm, ",error=\"invalid_token\""));
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_THAT(tags.error().message(), HasSubstr("the registry token from /home/dave/config.json was used"));
  EXPECT_EQ(t.wire->count(line), 2U);
}

TEST(RegistryToken, IsNoAnswerToBasic) {
  ClientUnderTest t({.credential = dave});
  t.wire->on(line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_THAT(tags.error().message(), HasSubstr("asks for a user name and password"));
  EXPECT_EQ(t.wire->count(line), 1U);
}

// Tokens that end under way

/// Reading it takes as long as it takes.
class SlowBlob {
 public:
  SlowBlob(testing::FakeClock& clock, seconds duration) : clock_(clock), duration_(duration) {}
  [[nodiscard]] BlobOpener opener() {
    return [this]() -> Result<std::unique_ptr<ByteSource>> {
      clock_.advance(duration_);
      ++opened;
      return std::make_unique<StringSource>("0123456789");
    };
  }
  Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes("0123456789")), 10};
  int opened = 0;

 private:
  testing::FakeClock& clock_;
  seconds duration_;
};

const std::string push_token_line =
    "GET https://auth.example/token?service=r.example&scope=repository%3Aapp%3Apull%2Cpush";
const std::string begin_line = "POST https://r.example/v2/app/blobs/uploads/";
const std::string patch_line = "PATCH https://r.example/v2/app/blobs/uploads/1";
const std::string upload_path = "/v2/app/blobs/uploads/1";

std::string close_line(const Descriptor& blob) {
  return "PUT https://r.example/v2/app/blobs/uploads/1?digest=sha256%3A" + std::string(blob.digest.hex());
}

// Source: moby/moby#33558.
TEST(LongUpload, ClosingRequestHasATokenThatIsFresh) {
  ClientUnderTest t({.credential = bob});
  SlowBlob slow(t.clock, seconds(280));
  t.wire->on(begin_line, bearer_challenge()).on(begin_line, {202, {{"Location", upload_path}}});
  t.wire->on(push_token_line, token_reply("t1", 300)).on(push_token_line, token_reply("t2", 300));
  t.wire->on(push_token_line, token_reply("t3", 300));
  const auto put = close_line(slow.blob);
  t.wire->on(put, {405}).on(put, {201});  // not in one piece
  t.wire->on("DELETE https://r.example/v2/app/blobs/uploads/1", {204});
  t.wire->on(patch_line, {202, {{"Location", upload_path}}});
  ASSERT_TRUE(t.repository()->put_blob(slow.blob, slow.opener(), {}).has_value());
  // 280 s have passed since the first token, and 280 more while the PATCH was under way.
  EXPECT_EQ(t.wire->last(patch_line).header("Authorization"), "Bearer t2");
  EXPECT_EQ(t.wire->last(put).header("Authorization"), "Bearer t3");
}

TEST(LongUpload, BodyIsSentAgainWhenItsTokenEndedUnderWay) {
  for (const auto* const error : {"", ",error=\"invalid_token\""}) {
    ClientUnderTest t({.credential = bob});
    SlowBlob slow(t.clock, seconds(400));
    t.wire->on(begin_line, bearer_challenge()).on(begin_line, {202, {{"Location", upload_path}}});
    t.wire->on(push_token_line, token_reply("t1", 300)).on(push_token_line, token_reply("t2", 3000));
    const auto put = close_line(slow.blob);
    t.wire->on(put, bearer_challenge(realm, error)).on(put, {201});
    ASSERT_TRUE(t.repository()->put_blob(slow.blob, slow.opener(), {}).has_value());
    EXPECT_EQ(t.wire->last(put).header("Authorization"), "Bearer t2");
    EXPECT_EQ(t.wire->last(put).body, "0123456789");
    EXPECT_EQ(slow.opened, 2);
  }
}

TEST(FreshToken, ThatEndedUnderWayIsRenewedOnce) {
  ClientUnderTest t;
  SlowBlob slow(t.clock, seconds(400));
  ApiCall call;
  call.method = http::Method::put;
  call.path = "/v2/app/blobs/uploads/1";
  call.scopes = {push_scope("app")};
  call.body = http::Body{10, [open = slow.opener()] { return open(); }};
  const std::string put = "PUT https://r.example/v2/app/blobs/uploads/1";
  t.wire->on(put, bearer_challenge()).on(push_token_line, token_reply("t", 300));
  EXPECT_EQ(t.client->send(t.registry, call, {}).value()->head().status, 401);
  EXPECT_EQ(t.wire->count(put), 3U);
}

// Login

TEST(Login, OpenRegistryProvesNothing) {
  ClientUnderTest t;
  t.wire->on(ping_line, {200});
  EXPECT_EQ(t.client->log_in(t.registry, bob, {}, {})->way, LoginAnswer::Way::open);
}

TEST(Login, PlaceThatIsNoRegistryIsAnError) {
  for (const auto& reply : {Reply{404}, Reply{401}, Reply{500}}) {
    ClientUnderTest t;
    t.wire->on(ping_line, reply);
    EXPECT_FALSE(t.client->log_in(t.registry, bob, {}, {}).has_value());
    for (const auto& sent : t.wire->sent()) EXPECT_EQ(sent.header("Authorization"), "");
  }
}

TEST(Login, AsksForATokenWithoutScopes) {
  ClientUnderTest t;
  const std::string token = "GET https://auth.example/token?service=r.example";
  t.wire->on(ping_line, bearer_challenge()).on(ping_line, {200}).on(token, token_reply("t1"));
  EXPECT_EQ(t.client->log_in(t.registry, bob, {}, {})->way, LoginAnswer::Way::bearer);
  EXPECT_EQ(t.wire->last(token).header("Authorization"), bobs_basic);
  EXPECT_EQ(t.wire->last(ping_line).header("Authorization"), "Bearer t1");
}

TEST(Login, IdentityTokenIsAskedForInAForm) {
  ClientUnderTest t;
  const Reply answer{200, {}, R"({"access_token":"t1","refresh_token":"refresh-9"})"};
  t.wire->on(ping_line, bearer_challenge()).on(ping_line, {200}).on(post_line, answer);
  EXPECT_EQ(t.client->log_in(t.registry, bob, {.want_identity_token = true}, {})->identity_token, "refresh-9");
  EXPECT_EQ(t.wire->last(post_line).body,
            "grant_type=password&username=bob&password=secret&access_type=offline&service=r.example&client_id=dray");
}

TEST(Login, IdentityTokenIsAskedForInAQueryWhereThereAreNoForms) {
  for (const int status : {400, 401, 404, 405}) {
    ClientUnderTest t;
    const std::string token = "GET https://auth.example/token?service=r.example&client_id=dray&offline_token=true";
    t.wire->on(ping_line, bearer_challenge()).on(ping_line, {200}).on(post_line, {status});
    t.wire->on(token, {200, {}, R"({"token":"t1","refresh_token":"bad token"})"});
    const auto answer = t.client->log_in(t.registry, bob, {.want_identity_token = true}, {});
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->identity_token, "");  // one with a blank in it is none
    EXPECT_EQ(t.wire->last(token).header("Authorization"), bobs_basic);
  }
}

TEST(Login, RefusedTokenIsARefusedLogin) {
  ClientUnderTest t;
  t.wire->on(ping_line, bearer_challenge());
  t.wire->on("GET https://auth.example/token?service=r.example", token_reply("t1"));
  const auto answer = t.client->log_in(t.registry, bob, {}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::unauthorized);
}

// C-2
TEST(Login, PasswordIsHeldBackFromAnUnknownTokenServer) {
  ClientUnderTest t({.token_servers = {}});
  t.wire->on(ping_line, bearer_challenge("https://elsewhere.test/token"));
  const auto answer = t.client->log_in(t.registry, bob, {.want_identity_token = true}, {});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::denied);
  EXPECT_THAT(answer.error().message(), HasSubstr("--token-server elsewhere.test"));
  EXPECT_EQ(t.wire->sent().size(), 1U);
}

TEST(TokenForAPerson, IsHadAndComesFromTheCacheAfterwards) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(ping_line, bearer_challenge()).on(pull_token_line, token_reply("t1"));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(t.client->token(t.registry, {pull_scope("app")}, {}).value(), "t1");
  EXPECT_EQ(t.wire->count(pull_token_line), 1U);
}

TEST(TokenForAPerson, IsNeverAStrangersWhereACredentialIsHeldBack) {
  ClientUnderTest t({.credential = bob, .token_servers = {}});
  t.wire->on(ping_line, bearer_challenge("https://elsewhere.test/token"));
  const auto token = t.client->token(t.registry, {pull_scope("app")}, {});
  ASSERT_FALSE(token.has_value());
  EXPECT_EQ(token.error().code(), ErrorCode::denied);
}

TEST(TokenForAPerson, IsNotThereWhereNoneIsTaken) {
  for (const auto& reply : {Reply{200}, Reply{401, {{"WWW-Authenticate", "Basic realm=\"r\""}}}}) {
    ClientUnderTest t({.credential = bob});
    t.wire->on(ping_line, reply);
    const auto token = t.client->token(t.registry, {pull_scope("app")}, {});
    ASSERT_FALSE(token.has_value());
    EXPECT_EQ(token.error().code(), ErrorCode::unsupported);
  }
}

}  // namespace
}  // namespace token_flow_test
}  // namespace dray::client
