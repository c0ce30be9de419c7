// The client at the door of each well-known registry's twin, with every kind of credential that the registry has.
#include "door_fixture.hpp"
#include "support/hashing.hpp"
#include "support/registry_twins.hpp"
#include "support/token_mint.hpp"

namespace dray::testing {
namespace twins_test {
namespace {

using client::Credential;
using client::LoginAnswer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::stop_token never;

Credential password_of(const TwinLogin& login) { return {login.user, login.password, "config.json"}; }

class TwinDoorTest : public ::testing::Test {
 protected:
  RegistryTwin& make(TwinKind kind) {
    twin_ = std::make_unique<RegistryTwin>(kind);
    twin_->add("app", "1", image_);
    return *twin_;
  }
  RegistryTwin& twin() { return *twin_; }
  /// A visitor who names the token host, as a person does who was asked to.
  DoorClient visitor(std::optional<Credential> credential) {
    return DoorClient({.credential = std::move(credential), .token_servers = {twin().token_host_port()}});
  }
  Registry registry() { return Registry::parse(twin().host_port()).value(); }
  Result<RawManifest> pull(const DoorClient& client) {
    return client.repository(twin().at("app"))->get_manifest("1", never);
  }
  static Result<void> push(const DoorClient& client, const std::string& name) {
    const std::string bytes = "layer";
    const Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes(bytes)), bytes.size()};
    return client.repository(name)->put_blob(
        blob, [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(bytes); }, never);
  }

  Image image_ = make_layered(2, 1000);
  std::unique_ptr<RegistryTwin> twin_;
};

class EveryTwin : public TwinDoorTest, public ::testing::WithParamInterface<TwinKind> {
 protected:
  EveryTwin() { make(GetParam()); }
  void TearDown() override { EXPECT_THAT(twin().complaints(), IsEmpty()); }
};

TEST_P(EveryTwin, IsReadAndWrittenWithItsPassword) {
  const auto client = visitor(password_of(twin().login()));
  const auto got = pull(client);
  ASSERT_TRUE(got.has_value()) << got.error().message();
  const auto repository = client.repository(twin().at("app"));
  const Descriptor layer{MediaType::parse(image_.layers[0].blob.media_type).value(),
                         Digest::parse(image_.layers[0].blob.digest).value(), image_.layers[0].blob.size()};
  const auto opened = repository->open_blob(layer, {}, never);
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ(read_all(*opened->bytes, layer.size).value(), *image_.layers[0].blob.bytes);
  EXPECT_THAT(repository->list_tags(never).value(), ElementsAre("1"));

  const auto pushed = push(client, twin().at("pushed"));
  ASSERT_TRUE(pushed.has_value()) << pushed.error().message();
  const auto target = client.repository(twin().at("mounted"));
  EXPECT_TRUE(target->mount_blob(layer, repository->origin(), never).value());
}

TEST_P(EveryTwin, ReadingAsksForPullAlone) {
  const auto client = visitor(password_of(twin().login()));
  ASSERT_TRUE(pull(client).has_value());
  for (const auto& scope : twin().scopes_asked()) EXPECT_THAT(scope, Not(HasSubstr("push")));
}

TEST_P(EveryTwin, StrangersGetWhatIsPublic) {
  const auto client = visitor({});
  const auto got = pull(client);
  EXPECT_EQ(got.has_value(), twin().is_public());
  if (!got) {
    EXPECT_EQ(got.error().code(), ErrorCode::unauthorized);
    EXPECT_THAT(got.error().message(), HasSubstr("no credential for " + twin().host_port() + " was found"));
  }
  EXPECT_FALSE(push(client, twin().at("pushed")).has_value());
}

TEST_P(EveryTwin, TokensThatAreGoodNoLongerAreRenewed) {
  const auto client = visitor(password_of(twin().login()));
  ASSERT_TRUE(pull(client).has_value());
  twin().revoke_tokens();
  const auto again = pull(client);
  EXPECT_TRUE(again.has_value()) << again.error().message();
}

TEST_P(EveryTwin, WrongPasswordNamesItsFile) {
  const auto client = visitor(Credential{twin().login().user, "MARKED-wrong", "/home/u/config.json"});
  const auto got = pull(client);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::unauthorized);
  EXPECT_THAT(got.error().message(), AllOf(HasSubstr("/home/u/config.json"), Not(HasSubstr("MARKED"))));
}

TEST_P(EveryTwin, LoginIsCheckedAndMayGiveAnIdentityToken) {
  const auto client = visitor({});
  for (const bool wanted : {false, true}) {
    const auto answer = client->log_in(registry(), password_of(twin().login()), {wanted}, never);
    ASSERT_TRUE(answer.has_value()) << answer.error().message();
    EXPECT_EQ(answer->way, GetParam() == TwinKind::ecr ? LoginAnswer::Way::basic : LoginAnswer::Way::bearer);
    EXPECT_EQ(!answer->identity_token.empty(), wanted && GetParam() == TwinKind::docker_hub);
    if (answer->identity_token.empty()) continue;
    const auto later = visitor(Credential{"", "", "config.json", answer->identity_token});
    EXPECT_TRUE(pull(later).has_value());
    EXPECT_TRUE(push(later, twin().at("pushed")).has_value());
  }
}

TEST_P(EveryTwin, LoginWithAWrongPasswordIsRefused) {
  const auto client = visitor({});
  for (const bool wanted : {false, true}) {
    const auto answer = client->log_in(registry(), {twin().login().user, "MARKED-wrong", ""}, {wanted}, never);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), ErrorCode::unauthorized);
    EXPECT_THAT(answer.error().message(), Not(HasSubstr("MARKED")));
  }
}

INSTANTIATE_TEST_SUITE_P(Twins, EveryTwin, ::testing::ValuesIn(every_twin),
                         [](const auto& row) { return name(row.param); });

class TwinWithTokenHost : public TwinDoorTest, public ::testing::WithParamInterface<TwinKind> {};

// C-2
TEST_P(TwinWithTokenHost, SeesNoPasswordUnlessThePersonNamesIt) {
  make(GetParam());
  const DoorClient client({.credential = password_of(twin().login())});
  const auto pushed = push(client, twin().at("pushed"));
  ASSERT_FALSE(pushed.has_value());
  EXPECT_THAT(pushed.error().message(), HasSubstr("--token-server " + twin().token_host_port()));
  EXPECT_TRUE(pull(client).has_value());  // as a stranger
  const auto login = client->log_in(registry(), password_of(twin().login()), {}, never);
  ASSERT_FALSE(login.has_value());
  EXPECT_EQ(login.error().code(), ErrorCode::denied);
  EXPECT_THAT(login.error().message(), HasSubstr("--token-server " + twin().token_host_port()));
  for (const auto& request : twin().token_server().requests()) {
    EXPECT_FALSE(request.headers.has("Authorization"));
    EXPECT_EQ(request.body, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Twins, TwinWithTokenHost, ::testing::Values(TwinKind::docker_hub, TwinKind::gitlab),
                         [](const auto& row) { return name(row.param); });

class TwinWithIdentityTokens : public TwinDoorTest, public ::testing::WithParamInterface<TwinKind> {};

TEST_P(TwinWithIdentityTokens, TakesThemInThePostFormAlone) {
  make(GetParam());
  const auto client = visitor(Credential{"", "", "config.json", twin().identity_token().value()});
  const auto got = pull(client);
  ASSERT_TRUE(got.has_value()) << got.error().message();
  ASSERT_TRUE(push(client, twin().at("pushed")).has_value());
  EXPECT_THAT(twin().complaints(), IsEmpty());
  const DoorClient stranger(
      {.credential = Credential{"", "", "config.json", "MARKED-unknown"}, .token_servers = {twin().token_host_port()}});
  const auto refused = pull(stranger);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::unauthorized);
  EXPECT_THAT(refused.error().message(), HasSubstr("the identity token from config.json was used"));
  EXPECT_THAT(refused.error().message(), Not(HasSubstr("MARKED")));
}

INSTANTIATE_TEST_SUITE_P(Twins, TwinWithIdentityTokens, ::testing::Values(TwinKind::docker_hub, TwinKind::acr),
                         [](const auto& row) { return name(row.param); });

TEST_F(TwinDoorTest, TokenServerWithoutThePostFormTakesNoIdentityToken) {
  make(TwinKind::google);
  const auto got = pull(visitor(Credential{"", "", "config.json", "MARKED-refresh"}));
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::unauthorized);
  EXPECT_THAT(got.error().message(), HasSubstr("it takes no identity tokens"));
}

TEST_F(TwinDoorTest, GhcrTakesTheEncodedAccessTokenAsItIs) {
  make(TwinKind::ghcr);
  const auto client = visitor(Credential{"", "", "config.json", "", twin().registry_token().value()});
  ASSERT_TRUE(pull(client).has_value());
  ASSERT_TRUE(push(client, twin().at("pushed")).has_value());
  EXPECT_EQ(twin().tokens_issued(), 0);
  const auto wrong = pull(visitor(Credential{"", "", "config.json", "", "MARKED"}));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message(), HasSubstr("the registry token from config.json was used"));
  EXPECT_EQ(twin().tokens_issued(), 0);
}

TEST_F(TwinDoorTest, EcrTakesNoTokensAtAll) {
  make(TwinKind::ecr);
  for (const auto& credential : {Credential{"", "", "config.json", "MARKED"}, Credential{"", "", "c", "", "MARKED"}}) {
    const auto got = pull(visitor(credential));
    ASSERT_FALSE(got.has_value());
    EXPECT_THAT(got.error().message(), HasSubstr("asks for a user name and password"));
  }
  EXPECT_THAT(twin().complaints(), IsEmpty());
  const auto token = visitor(password_of(twin().login()))->token(registry(), {client::pull_scope("team/app")}, never);
  ASSERT_FALSE(token.has_value());
  EXPECT_EQ(token.error().code(), ErrorCode::unsupported);
}

TEST_F(TwinDoorTest, AzureTakesTheRefreshTokenOfItsExchangeAsThePasswordOfTheNullUser) {
  make(TwinKind::acr);
  const DoorClient client({});
  client::ApiCall call;
  call.method = http::Method::post;
  call.path = "/oauth2/exchange";
  call.headers.add("Content-Type", "application/x-www-form-urlencoded");
  call.body = http::text_body("grant_type=access_token&service=" + http::percent_encode(twin().host_port()) +
                              "&access_token=MARKED-aad-access-token");
  auto answer = client->send(registry(), call, never);
  ASSERT_TRUE(answer.has_value());
  const auto body = read_all(**answer, 10'000).value();
  const auto begin = body.find("refresh-");
  ASSERT_NE(begin, std::string::npos) << body;
  const auto refresh = body.substr(begin, body.find('"', begin) - begin);
  const Credential null_user{"00000000-0000-0000-0000-000000000000", refresh, "az acr login"};
  EXPECT_TRUE(pull(visitor(null_user)).has_value());
  EXPECT_TRUE(push(visitor(null_user), twin().at("pushed")).has_value());
  EXPECT_TRUE(pull(visitor(Credential{"", "", "config.json", refresh})).has_value());
}

TEST_F(TwinDoorTest, GoogleTakesAKeyFileAsPassword) {
  make(TwinKind::google);
  EXPECT_TRUE(pull(visitor(Credential{"_json_key", R"({"type":"service_account"})", "config.json"})).has_value());
  // The path has no challenge; the ping, asked once, says where tokens are had.
  EXPECT_EQ(twin().registry().count("GET", "/v2/"), 1U);
}

TEST_F(TwinDoorTest, QuaysPagesAreReadToTheEnd) {
  make(TwinKind::quay);
  for (int i = 0; i < 120; ++i) twin().add("app", "t" + std::to_string(i), image_);
  EXPECT_EQ(visitor({}).repository(twin().at("app"))->list_tags(never).value().size(), 121U);
}

TEST_F(TwinDoorTest, DockerHubsLimitIsCountedOnGetToldAndRemembered) {
  make(TwinKind::docker_hub);
  const auto client = visitor({});
  const auto repository = client.repository(twin().at("app"));
  EXPECT_EQ(client->rate_limit(registry()), std::nullopt);
  ASSERT_TRUE(repository->resolve("1", never).has_value());
  EXPECT_EQ(twin().pulls_counted(), 0);
  EXPECT_EQ(client->rate_limit(registry())->remaining, 100U);
  ASSERT_TRUE(repository->get_manifest("1", never).has_value());
  EXPECT_EQ(twin().pulls_counted(), 1);
  const auto limit = client->rate_limit(registry()).value();
  EXPECT_EQ(limit.limit, 100U);
  EXPECT_EQ(limit.remaining, 99U);
  EXPECT_EQ(limit.window, std::chrono::hours(6));
  EXPECT_EQ(limit.source, "192.0.2.1");
  EXPECT_THAT(client.notes(), Contains(HasSubstr("allows 99 of 100 requests in 6 h, counted for 192.0.2.1")));
  twin().set_pull_limit(1);
  const auto refused = repository->get_manifest("1", never);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::rate_limited);
  EXPECT_THAT(refused.error().message(), HasSubstr("0 of 1 requests in 6 h"));
}

TEST_F(TwinDoorTest, TokenForCurlIsTheOneThatTheRegistryTakes) {
  make(TwinKind::docker_hub);
  const auto token =
      visitor(password_of(twin().login()))->token(registry(), {client::pull_scope("library/app")}, never).value();
  EXPECT_THAT(twin().scopes_asked(), ElementsAre("repository:library/app:pull"));
  const auto curl = visitor(Credential{"", "", "curl", "", token});
  EXPECT_TRUE(pull(curl).has_value());
}

TEST(TokenMint, KnowsItsOwnTokensAndWhatTheyAreFor) {
  TokenMint mint;
  const auto token = mint.issue({"repository:a:pull"}, std::chrono::seconds(60));
  EXPECT_EQ(mint.judge(token, {"repository:a:pull"}), TokenMint::Verdict::allowed);
  EXPECT_EQ(mint.judge(token, {"repository:a:pull", "repository:a:push"}), TokenMint::Verdict::insufficient);
  EXPECT_EQ(mint.judge("other", {}), TokenMint::Verdict::unknown);
  EXPECT_THAT(split_scope("repository:a/b:pull,push"), ElementsAre("repository:a/b:pull", "repository:a/b:push"));
  EXPECT_EQ(parse_form("a=1&a=2"), std::nullopt);
  EXPECT_EQ(parse_form("a=x+y%2B").value().at("a"), "x y+");
}

}  // namespace
}  // namespace twins_test
}  // namespace dray::testing
