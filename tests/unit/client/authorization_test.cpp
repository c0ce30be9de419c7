#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace authorization_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string path = "/v2/app/tags/list";
const std::string line = "GET https://r.example/v2/app/tags/list";
const std::string ping_line = "GET https://r.example/v2/";

TEST(Authorization, FirstRequestHasNone) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, {200});
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "");
}

TEST(Authorization, AnonymousTokenAnswersABearerChallenge) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(pull_token_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(pull_token_line).header("Authorization"), "");
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t1");
}

TEST(Authorization, TokenIsUsedAgainForTheSameScopes) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(pull_token_line, token_reply("t1"));
  ASSERT_TRUE(t.get(path).has_value());
  ASSERT_TRUE(t.get(path).has_value());
  EXPECT_THAT(t.wire->lines(), ElementsAre(line, pull_token_line, line, line));
}

TEST(Authorization, ExpiredTokenIsFetchedWithoutAskingTheRegistry) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {200});
  t.wire->on(pull_token_line, token_reply("t1")).on(pull_token_line, token_reply("t2"));
  ASSERT_TRUE(t.get(path).has_value());
  t.clock.advance(std::chrono::seconds(400));
  ASSERT_TRUE(t.get(path).has_value());
  EXPECT_THAT(t.wire->lines(), ElementsAre(line, pull_token_line, line, pull_token_line, line));
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t2");
}

TEST(Authorization, PasswordGoesToTheTokenServerAlone) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(pull_token_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(pull_token_line).header("Authorization"), bobs_basic);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t1");
  EXPECT_THAT(t.observer->used(), ElementsAre("Bearer bob /home/bob/.docker/config.json"));
}

TEST(Authorization, BasicAnswersABasicChallengeAndIsRemembered) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}}).on(line, {200});
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_THAT(t.wire->lines(), ElementsAre(line, line, line));
  EXPECT_EQ(t.wire->last(line).header("Authorization"), bobs_basic);
}

TEST(Authorization, WrongPasswordIsNotTriedTwice) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  EXPECT_EQ(t.get(path).value(), 401);
  EXPECT_EQ(t.wire->count(line), 2U);
}

TEST(Authorization, BearerIsPreferredToBasic) {
  ClientUnderTest t({.credential = bob});
  auto both = bearer_challenge();
  both.headers.insert(both.headers.begin(), {"WWW-Authenticate", "Negotiate, Basic realm=\"r\""});
  t.wire->on(line, both).on(line, {200}).on(pull_token_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t1");
}

TEST(Authorization, RefusedCachedTokenIsRenewedOnce) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(line, bearer_challenge()).on(line, {200});
  t.wire->on(pull_token_line, token_reply("t1")).on(pull_token_line, token_reply("t2"));
  ASSERT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t2");
}

TEST(Authorization, InsufficientScopeGetsOneNewTokenAndNoMore) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge())
      .on(line, bearer_challenge("https://auth.example/token", ",error=\"insufficient_scope\""));
  t.wire->on(pull_token_line, token_reply("t"));
  EXPECT_EQ(t.get(path).value(), 401);
  EXPECT_EQ(t.wire->count(line), 3U);
  EXPECT_EQ(t.wire->count(pull_token_line), 2U);
}

TEST(Authorization, FreshTokenThatIsRefusedWithoutReasonIsNotRenewed) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(pull_token_line, token_reply("t"));
  EXPECT_EQ(t.get(path).value(), 401);
  EXPECT_EQ(t.wire->count(line), 2U);
}

TEST(Authorization, ChallengeFromThePingServesWhereTheAnswerHasNone) {
  ClientUnderTest t;
  t.wire->on(line, {401}).on(line, {200}).on(ping_line, bearer_challenge()).on(pull_token_line, token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  EXPECT_EQ(t.wire->last(line).header("Authorization"), "Bearer t1");
}

TEST(Authorization, ForbiddenToAStrangerIsTriedWithACredential) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, {403}).on(line, {200}).on(ping_line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  EXPECT_EQ(t.get(path).value(), 200);
}

TEST(Authorization, ForbiddenWithoutAnyChallengeStands) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, {403}).on(ping_line, {200});
  EXPECT_EQ(t.get(path).value(), 403);
  EXPECT_EQ(t.get(path).value(), 403);
  EXPECT_EQ(t.wire->count(ping_line), 1U);
}

std::string refusal(ClientUnderTest& t) {
  const auto tags = t.repository()->list_tags({});
  if (tags) {
    ADD_FAILURE() << "was not refused";
    return {};
  }
  EXPECT_EQ(tags.error().code(), ErrorCode::unauthorized);
  return tags.error().message();
}

TEST(Authorization, RefusalSaysThatNoCredentialWasFound) {
  ClientUnderTest t;
  t.wire->on(line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  EXPECT_THAT(refusal(t), HasSubstr("no credential for r.example was found; `dray login r.example`"));
}

TEST(Authorization, RefusalSaysWhichCredentialWasUsed) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  const auto message = refusal(t);
  EXPECT_THAT(message, HasSubstr("\"bob\" from /home/bob/.docker/config.json"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST(Authorization, RefusalOfTheTokenServerIsUnauthorized) {
  for (const int status : {400, 401}) {
    ClientUnderTest t({.credential = bob});
    t.wire->on(line, bearer_challenge());
    t.wire->on(pull_token_line, {status, {}, R"({"details":"incorrect username or password"})"});
    const auto message = refusal(t);
    EXPECT_THAT(message, HasSubstr("incorrect username or password"));
    EXPECT_THAT(message, HasSubstr("\"bob\" from /home/bob/.docker/config.json"));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
  }
}

TEST(Authorization, BrokenCredentialFileIsAnError) {
  class Broken final : public CredentialSource {
   public:
    Result<std::optional<Credential>> find(const Registry& /*registry*/, const std::string& /*repository*/) override {
      return Error(ErrorCode::invalid_input, "config.json: line 1");
    }
  };
  ClientUnderTest t;
  ClientOptions options;
  options.credentials = std::make_shared<Broken>();
  options.endpoints = std::make_shared<FixedEndpoint>("https://r.example/");
  t.client = RegistryClient::make(std::make_shared<http::Session>(t.wire, nullptr, t.clock, t.random), options);
  t.wire->on(line, bearer_challenge());
  const auto status = t.get(path);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::invalid_input);
}

// C-2: the password of a registry in plain HTTP is shown to its own origin, not to another one in plain HTTP.
TEST(Authorization, PasswordIsHeldBackFromAnotherPlainOrigin) {
  ClientUnderTest t({.base = "http://127.0.0.1:5000/", .credential = bob});
  const std::string plain = "GET http://127.0.0.1:5000/v2/app/tags/list";
  const std::string token = "GET http://127.0.0.1:5001/token?service=r.example&scope=repository%3Aapp%3Apull";
  auto challenge = bearer_challenge("http://127.0.0.1:5001/token");
  challenge.reached = http::AddressClass::loopback;
  t.wire->on(plain, challenge).on(token, token_reply("anonymous"));
  EXPECT_THAT(refusal(t), HasSubstr("held back"));
  EXPECT_EQ(t.wire->last(token).header("Authorization"), "");
}

// C-2
TEST(Authorization, TokenServerIsReachedUnderTheRulesForPrivateAddresses) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {200}).on(pull_token_line, token_reply("t1"));
  ASSERT_TRUE(t.get(path).has_value());
  EXPECT_EQ(t.wire->last(pull_token_line).addresses, http::AddressRule::public_only);
}

// C-3
TEST(Authorization, TokenServersRedirectLosesThePassword) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(line, bearer_challenge()).on(line, {200});
  t.wire->on(pull_token_line, {307, {{"Location", "https://evil.example/token"}}});
  t.wire->on("GET https://evil.example/token", token_reply("t1"));
  EXPECT_EQ(t.get(path).value(), 200);
  const auto hop = t.wire->last("GET https://evil.example/token");
  EXPECT_EQ(hop.header("Authorization"), "");
  EXPECT_EQ(hop.addresses, http::AddressRule::public_only);
}

// C-3
TEST(Authorization, TokenServersRedirectToPlainHttpIsRefused) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge());
  t.wire->on(pull_token_line, {307, {{"Location", "http://auth.example/token"}}});
  const auto status = t.get(path);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::denied);
}

// C-3
TEST(Authorization, TokenServerRedirectsThreeTimesAtMost) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge());
  t.wire->on(pull_token_line, {307, {{"Location", "https://auth.example/1"}}});
  t.wire->on("GET https://auth.example/1", {307, {{"Location", "https://auth.example/2"}}});
  t.wire->on("GET https://auth.example/2", {307, {{"Location", "https://auth.example/3"}}});
  t.wire->on("GET https://auth.example/3", {307, {{"Location", "https://auth.example/4"}}});
  const auto status = t.get(path);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::limit_exceeded);
}

// C-31
TEST(Authorization, HugeAnswerOfTheTokenServerIsRefused) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge());
  t.wire->on(pull_token_line, {200, {}, R"({"pad":")" + std::string(limits::max_token_bytes, 'x') + R"("})"});
  const auto status = t.get(path);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::limit_exceeded);
}

// C-16
TEST(Authorization, MountAsksForBothRepositoriesTheMissingOneFirst) {
  ClientUnderTest t;
  const auto digest = Digest::of(as_bytes("x"));
  const auto post =
      "POST https://r.example/v2/app/blobs/uploads/?mount=sha256%3A" + std::string(digest.hex()) + "&from=base";
  const std::string token =
      "GET https://auth.example/token?service=r.example&scope=repository%3Abase%3Apull"
      "&scope=repository%3Aapp%3Apull%2Cpush";
  t.wire->on(post, bearer_challenge("https://auth.example/token", ",scope=\"repository:base:pull\"")).on(post, {201});
  t.wire->on(token, token_reply("t1"));
  const Descriptor blob{MediaType::of(media_types::oci_layer), digest, 1};
  EXPECT_TRUE(t.repository()->mount_blob(blob, {"r.example", "base"}, {}).value());
}

// C-16: the scope of every operation, as narrow as it is.
TEST(Authorization, ScopesAreAsNarrowAsTheOperation) {
  const Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes("x")), 1};
  const RawManifest manifest{{MediaType::of(media_types::oci_manifest), Digest::of(as_bytes("{}")), 2}, "{}"};
  const auto hex = std::string(blob.digest.text());
  const auto manifest_text = manifest.descriptor.digest.text();
  using Run = std::function<void(Repository&)>;
  const auto open = []() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>("x"); };
  struct Row {
    std::string line;
    Run run;
    std::string scope;
  };
  const std::string v2 = "https://r.example/v2/app/";
  const std::vector<Row> rows = {
      {"HEAD " + v2 + "manifests/1", [](Repository& r) { (void)r.resolve("1", {}); }, "repository:app:pull"},
      {"GET " + v2 + "manifests/1", [](Repository& r) { (void)r.get_manifest("1", {}); }, "repository:app:pull"},
      {"GET " + v2 + "tags/list", [](Repository& r) { (void)r.list_tags({}); }, "repository:app:pull"},
      {"GET " + v2 + "blobs/" + hex, [&](Repository& r) { (void)r.open_blob(blob, {}, {}); }, "repository:app:pull"},
      {"HEAD " + v2 + "blobs/" + hex, [&](Repository& r) { (void)r.head_blob(blob.digest, {}); },
       "repository:app:pull"},
      {"GET " + v2 + "blobs/" + hex, [&](Repository& r) { (void)r.locate_blob(blob.digest, {}); },
       "repository:app:pull"},
      {"HEAD " + v2 + "blobs/" + hex, [&](Repository& r) { (void)r.has_blob(blob, {}); }, "repository:app:pull,push"},
      {"HEAD " + v2 + "manifests/" + manifest_text,
       [&](Repository& r) { (void)r.has_manifest(manifest.descriptor.digest, {}); }, "repository:app:pull,push"},
      {"POST " + v2 + "blobs/uploads/", [&](Repository& r) { (void)r.put_blob(blob, open, {}); },
       "repository:app:pull,push"},
      {"PUT " + v2 + "manifests/" + manifest_text, [&](Repository& r) { (void)r.put_manifest(manifest, {}); },
       "repository:app:pull,push"},
      {"PUT " + v2 + "manifests/1", [&](Repository& r) { (void)r.set_tag("1", manifest, {}); },
       "repository:app:pull,push"},
      {"DELETE " + v2 + "manifests/1", [](Repository& r) { (void)r.remove_tag("1", {}); },
       "repository:app:delete,pull"},
      {"DELETE " + v2 + "manifests/" + manifest_text,
       [&](Repository& r) { (void)r.remove_manifest(manifest.descriptor.digest, {}); }, "repository:app:delete,pull"},
      {"DELETE " + v2 + "blobs/" + hex, [&](Repository& r) { (void)r.remove_blob(blob.digest, {}); },
       "repository:app:delete,pull"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.line);
    ClientUnderTest t;
    t.wire->on(row.line, bearer_challenge());
    t.wire->on("GET " + v2 + "manifests/" + manifest_text, {404});  // who removes it looks for its subject first
    t.wire->on("GET https://auth.example/token?service=r.example&scope=" + http::percent_encode(row.scope),
               token_reply("t"));
    row.run(*t.repository());
    EXPECT_THAT(t.observer->scopes(), ElementsAre(row.scope));
  }
}

TEST(Authorization, WarningsAreToldOnce) {
  ClientUnderTest t;
  t.wire->on(line, {200, {{"Warning", "299 - \"going away\""}}});
  ASSERT_TRUE(t.get(path).has_value());
  ASSERT_TRUE(t.get(path).has_value());
  EXPECT_THAT(t.observer->notes(), ElementsAre("r.example warns: going away"));
}

}  // namespace
}  // namespace authorization_test
}  // namespace dray::client
