#include "access/token.hpp"

#include <gtest/gtest.h>
#include <dray/format/json.hpp>
#include <dray/server/limits.hpp>

#include <functional>

#include "access/bearer_challenge.hpp"
#include "access_fixture.hpp"
#include "crypto.hpp"
#include "support/hashing.hpp"

namespace dray::server {
namespace {

const std::string key = "0123456789abcdef0123456789abcdef";
const std::vector<Need> nothing;
const std::vector<Need> pull{{"team/app", Action::pull}};
const std::vector<Need> push{{"team/app", Action::push}};

/// A token service with tokens on, its key known to the test.
class TokenFixture : public AccessFixture {
 public:
  TokenFixture() { access = open(token_options()); }

  AccessOptions token_options() {
    auto result = options();
    result.tokens = true;
    result.signing_key = folder.write("key", key + "\n");
    return result;
  }

  Response get(std::vector<std::pair<std::string, std::string>> query, const std::string& authorization = "") const {
    auto request = request_with(authorization);
    request.path = "/token";
    request.query = std::move(query);
    return access->answer_token(request, "");
  }
  Response post(const std::string& form, const std::string& type = "application/x-www-form-urlencoded") const {
    auto request = request_with("");
    request.method = Method::post;
    request.path = "/token";
    request.headers.add("Content-Type", type);
    return access->answer_token(request, form);
  }
  std::string token_for(const std::string& user, const std::string& password, const std::string& scope) const {
    return text(get({{"service", "dray"}, {"scope", scope}}, basic(user, password)), "token");
  }
  std::string ask_with(const std::string& token, const std::vector<Need>& needs) const {
    return ask(*access, request_with("Bearer " + token), needs);
  }
  std::string challenge(const std::string& authorization, const std::vector<Need>& needs) const {
    const auto decision = access->decide(request_with(authorization), needs);
    const auto* const denied = std::get_if<Denied>(&decision);
    return denied == nullptr || denied->challenges.size() != 1 ? "" : denied->challenges[0];
  }

  static Json body_of(const Response& response) {
    auto json = Json::parse(std::get<std::string>(response.body));
    return json ? std::move(*json) : Json();
  }
  static std::string text(const Response& response, std::string_view name) {
    const auto body = body_of(response);
    const auto* const member = body.find(name);
    return member == nullptr || member->as_string() == nullptr ? "" : *member->as_string();
  }

  std::shared_ptr<Access> access;
};

/// A token's parts, decoded; `make` signs them.
struct Parts {
  Json header;
  Json claims;
  std::string signing_key = key;

  static Parts of(const std::string& token) {
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    return {Json::parse(base64url_decode(token.substr(0, first)).value()).value(),
            Json::parse(base64url_decode(token.substr(first + 1, last - first - 1)).value()).value()};
  }
  [[nodiscard]] std::string unsigned_part() const {
    return testing::base64url(header.dump()) + "." + testing::base64url(claims.dump());
  }
  [[nodiscard]] std::string make() const {
    return unsigned_part() + "." + testing::base64url(testing::hmac_sha256(signing_key, unsigned_part()));
  }
};

struct Forged {
  const char* name;
  std::function<std::string(Parts)> forge;
};
void PrintTo(const Forged& forged, std::ostream* out) { *out << forged.name; }

class S6ForgedTokens : public ::testing::TestWithParam<Forged> {};

TEST_P(S6ForgedTokens, AreRefused) {
  const TokenFixture fixture;
  ASSERT_NE(fixture.access, nullptr);
  const auto good = fixture.token_for("alice", "secret", "repository:team/app:pull,push");
  const auto parts = Parts::of(good);
  ASSERT_EQ(parts.make(), good) << "the test signs as the service does";
  ASSERT_EQ(fixture.ask_with(good, pull), "alice");
  const auto forged = GetParam().forge(parts);
  ASSERT_NE(forged, good);
  EXPECT_EQ(fixture.ask_with(forged, pull), "401");
  EXPECT_EQ(fixture.ask_with(forged, nothing), "401");
}

std::string with_header(Parts parts, const char* name, Json value) {
  parts.header.set(name, std::move(value));
  return parts.make();
}
std::string with_claim(Parts parts, const char* name, Json value) {
  parts.claims.set(name, std::move(value));
  return parts.make();
}
std::string without_claim(Parts parts, const char* name) {
  parts.claims.erase(name);
  return parts.make();
}
std::string moved(Parts parts, const char* name, std::int64_t seconds) {
  return with_claim(parts, name, *parts.claims.find(name)->as_int() + seconds);
}
std::string with_signature(const Parts& parts, const std::string& signature) {
  return parts.unsigned_part() + "." + signature;
}
std::string signed_raw(const Parts& parts, const std::string& claims) {
  const auto text = testing::base64url(parts.header.dump()) + "." + testing::base64url(claims);
  return text + "." + testing::base64url(testing::hmac_sha256(key, text));
}
Json access_of(const char* text) { return Json::parse(text).value(); }
constexpr std::int64_t lifetime = limits::token_lifetime.count();

INSTANTIATE_TEST_SUITE_P(
    Table, S6ForgedTokens,
    ::testing::Values(
        // The header: what it says is compared, never followed.
        Forged{"alg_none",
               [](Parts p) {
                 p.header.set("alg", "none");
                 return with_signature(p, "");
               }},
        Forged{"alg_none_signed", [](Parts p) { return with_header(p, "alg", "none"); }},
        Forged{"alg_none_in_odd_case",
               [](Parts p) {
                 p.header.set("alg", "nOnE");
                 return with_signature(p, "");
               }},
        Forged{"alg_hs384", [](Parts p) { return with_header(p, "alg", "HS384"); }},
        Forged{"alg_rs256", [](Parts p) { return with_header(p, "alg", "RS256"); }},
        Forged{"alg_es256", [](Parts p) { return with_header(p, "alg", "ES256"); }},
        Forged{"alg_missing",
               [](Parts p) {
                 p.header.erase("alg");
                 return p.make();
               }},
        Forged{"alg_null", [](Parts p) { return with_header(p, "alg", Json()); }},
        Forged{"kid_unknown", [](Parts p) { return with_header(p, "kid", "another"); }},
        Forged{"kid_missing",
               [](Parts p) {
                 p.header.erase("kid");
                 return p.make();
               }},
        Forged{"kid_is_a_path", [](Parts p) { return with_header(p, "kid", "../../dev/null"); }},
        Forged{"jwk_embedded",
               [](Parts p) {
                 p.signing_key = "attacker's key of thirty-two byte";
                 return with_header(p, "jwk", access_of(R"({"kty":"oct","k":"YXR0YWNrZXI"})"));
               }},
        Forged{"jku_elsewhere", [](Parts p) { return with_header(p, "jku", "https://attacker.example/keys"); }},
        Forged{"x5c_embedded", [](Parts p) { return with_header(p, "x5c", Json::Array{"MIIB"}); }},
        Forged{"crit_unknown", [](Parts p) { return with_header(p, "crit", Json::Array{"exp"}); }},
        Forged{"typ_refresh", [](Parts p) { return with_header(p, "typ", "refresh+jwt"); }},
        // The signature.
        Forged{"signature_missing", [](Parts p) { return p.unsigned_part(); }},
        Forged{"signature_empty", [](Parts p) { return with_signature(p, ""); }},
        Forged{"signature_of_another_key",
               [](Parts p) {
                 p.signing_key = std::string(32, 'x');
                 return p.make();
               }},
        Forged{"signature_of_an_empty_key",
               [](Parts p) {
                 p.signing_key = "";
                 return p.make();
               }},
        Forged{"signature_of_the_kid",
               [](Parts p) {
                 p.signing_key = *p.header.find("kid")->as_string();
                 return p.make();
               }},
        Forged{"signature_cut",
               [](Parts p) {
                 const auto whole = p.make();
                 return whole.substr(0, whole.size() - 1);
               }},
        Forged{"signature_padded", [](Parts p) { return p.make() + "="; }},
        Forged{"signature_in_hex", [](Parts p) { return with_signature(p, std::string(64, 'a')); }},
        Forged{"signature_with_spare_bits",
               [](Parts p) {
                 auto token = p.make();  // the last character stands for four bits of the hash and two spare ones
                 const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
                 token.back() = digits[digits.find(token.back()) + 1];
                 return token;
               }},
        Forged{"claims_changed",
               [](Parts p) {
                 const auto token = p.make();
                 p.claims.set("sub", "bob");
                 return p.unsigned_part() + token.substr(token.rfind('.'));
               }},
        Forged{"four_parts", [](Parts p) { return p.make() + ".AAAA"; }},
        Forged{"encrypted_form", [](Parts p) { return p.make() + ".."; }},
        Forged{"blank_inside",
               [](Parts p) {
                 auto whole = p.make();
                 return whole.insert(whole.find('.'), " ");
               }},
        // The claims, rightly signed: another program may share the key.
        Forged{"iss_other", [](Parts p) { return with_claim(p, "iss", "another"); }},
        Forged{"iss_missing", [](Parts p) { return without_claim(p, "iss"); }},
        Forged{"aud_other", [](Parts p) { return with_claim(p, "aud", "another"); }},
        Forged{"aud_list", [](Parts p) { return with_claim(p, "aud", Json::Array{"dray", "another"}); }},
        Forged{"aud_of_refresh", [](Parts p) { return with_claim(p, "aud", "dray/token"); }},
        Forged{"exp_passed", [](Parts p) { return moved(p, "exp", -lifetime); }},
        Forged{"exp_missing", [](Parts p) { return without_claim(p, "exp"); }},
        Forged{"exp_text", [](Parts p) { return with_claim(p, "exp", "9999999999"); }},
        Forged{"exp_fraction", [](Parts p) { return with_claim(p, "exp", 9999999999.5); }},
        Forged{"exp_far", [](Parts p) { return moved(p, "exp", 1); }},
        Forged{"exp_overflows", [](Parts p) { return with_claim(p, "exp", std::int64_t{INT64_MAX}); }},
        Forged{"iat_overflows", [](Parts p) { return with_claim(p, "iat", std::int64_t{INT64_MIN}); }},
        Forged{"iat_to_come", [](Parts p) { return moved(p, "iat", 60); }},
        Forged{"iat_missing", [](Parts p) { return without_claim(p, "iat"); }},
        Forged{"nbf_to_come", [](Parts p) { return moved(p, "nbf", 60); }},
        Forged{"nbf_missing", [](Parts p) { return without_claim(p, "nbf"); }},
        Forged{"sub_missing", [](Parts p) { return without_claim(p, "sub"); }},
        Forged{"sub_list", [](Parts p) { return with_claim(p, "sub", Json::Array{"alice"}); }},
        Forged{"sub_unknown", [](Parts p) { return with_claim(p, "sub", "carol"); }},
        Forged{"sub_another_user", [](Parts p) { return with_claim(p, "sub", "bob"); }},
        Forged{"mark_empty", [](Parts p) { return with_claim(p, "mark", ""); }},
        Forged{"jti_missing", [](Parts p) { return without_claim(p, "jti"); }},
        Forged{"access_missing", [](Parts p) { return without_claim(p, "access"); }},
        Forged{"access_object", [](Parts p) { return with_claim(p, "access", access_of(R"({"type":"repository"})")); }},
        Forged{"access_action_text",
               [](Parts p) {
                 return with_claim(p, "access",
                                   access_of(R"([{"type":"repository","name":"team/app","actions":"pull"}])"));
               }},
        Forged{"access_with_more",
               [](Parts p) {
                 return with_claim(
                     p, "access",
                     access_of(R"([{"type":"repository","class":"x","name":"team/app","actions":["pull"]}])"));
               }},
        Forged{"claim_unknown", [](Parts p) { return with_claim(p, "admin", true); }},
        Forged{"claims_twice",
               [](Parts p) {
                 const auto text = p.claims.dump();
                 return signed_raw(p, R"({"sub":"bob",)" + text.substr(1));
               }},
        Forged{"claims_no_object", [](Parts p) { return signed_raw(p, "[]"); }},
        Forged{"claims_empty", [](Parts p) { return signed_raw(p, ""); }},
        Forged{"claims_deep", [](Parts p) { return signed_raw(p, std::string(5000, '[')); }},
        Forged{"too_large", [](Parts p) { return with_claim(p, "jti", std::string(17000, 'x')); }},
        Forged{"nothing_but_dots", [](const Parts&) { return std::string(".."); }},
        Forged{"only_dots", [](const Parts&) { return std::string(16000, '.'); }},
        Forged{"nothing", [](const Parts&) { return std::string(); }}),
    [](const auto& row) { return row.param.name; });

TEST(BearerAccess, GrantsWhatTheTokenHoldsUntilItExpires) {
  TokenFixture fixture;
  const auto token = fixture.token_for("alice", "secret", "repository:team/app:pull");
  EXPECT_EQ(fixture.ask_with(token, nothing), "alice");
  EXPECT_EQ(fixture.ask_with(token, pull), "alice");
  EXPECT_EQ(fixture.ask_with(token, push), "401") << "it was not asked for";
  EXPECT_EQ(fixture.ask_with(token, {{"team/other", Action::pull}}), "401");
  EXPECT_EQ(fixture.ask_with(token, {{"", Action::pull}}), "401");
  fixture.clock.advance(limits::token_lifetime - std::chrono::seconds(1));
  EXPECT_EQ(fixture.ask_with(token, pull), "alice");
  fixture.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(fixture.ask_with(token, pull), "401");
}

TEST(BearerAccess, TakesNoPasswordsItself) {
  const TokenFixture fixture;
  EXPECT_EQ(ask(*fixture.access, request_with(basic("alice", "secret")), pull), "401");
  EXPECT_EQ(ask(*fixture.access, request_with(""), nothing), "401");
  EXPECT_EQ(fixture.access->token_path(), "/token");
}

TEST(BearerAccess, AlwaysKnowsAtOnce) {
  const TokenFixture fixture;
  const auto token = fixture.token_for("alice", "secret", "repository:team/app:pull");
  EXPECT_TRUE(fixture.access->decide_at_once(request_with("Bearer " + token), pull));
  EXPECT_TRUE(fixture.access->decide_at_once(request_with(""), pull));
  EXPECT_TRUE(fixture.access->decide_at_once(request_with(basic("a", "b")), pull));
}

TEST(BearerAccess, ChallengesWithWhatIsNeeded) {
  const TokenFixture fixture;
  EXPECT_EQ(fixture.challenge("", nothing), R"(Bearer realm="http://registry.example:5000/token",service="dray")");
  EXPECT_EQ(
      fixture.challenge("", push),
      R"(Bearer realm="http://registry.example:5000/token",service="dray",scope="repository:team/app:pull,push")");
  EXPECT_EQ(fixture.challenge("", {{"a", Action::pull}, {"team/app", Action::push}, {"a", Action::remove}}),
            R"(Bearer realm="http://registry.example:5000/token",service="dray",)"
            R"(scope="repository:a:pull,delete repository:team/app:pull,push")");
  EXPECT_EQ(fixture.challenge("", {{"", Action::pull}}),
            R"(Bearer realm="http://registry.example:5000/token",service="dray",scope="registry:catalog:*")");
  EXPECT_TRUE(
      fixture.challenge("Bearer x", pull).ends_with(R"(scope="repository:team/app:pull",error="invalid_token")"));
  const auto token = fixture.token_for("alice", "secret", "repository:team/app:pull");
  EXPECT_TRUE(fixture.challenge("Bearer " + token, push).ends_with(R"(,error="insufficient_scope")"));
}

TEST(BearerAccess, NamesItsRealmByTheOptionOrTheHost) {
  TokenFixture fixture;
  auto request = request_with("");
  request.secure = true;
  const BearerRealm realm{"dray", std::nullopt, "/token"};
  EXPECT_EQ(bearer_challenge(realm, request, {}, ""),
            R"(Bearer realm="https://registry.example:5000/token",service="dray")");
  request.headers.set("Host", "x\",realm=\"https://attacker.example");
  EXPECT_EQ(bearer_challenge(realm, request, {}, ""), R"(Bearer realm="/token",service="dray")");
  request.headers.remove("Host");
  EXPECT_EQ(bearer_challenge(realm, request, {}, ""), R"(Bearer realm="/token",service="dray")");

  auto options = fixture.token_options();
  options.realm = "https://tokens.example/token";
  fixture.access = fixture.open(options);
  EXPECT_EQ(fixture.challenge("", nothing), R"(Bearer realm="https://tokens.example/token",service="dray")");
  for (const auto* const bad : {"tokens.example", "ftp://x/", "https://x/\"", "https://x/\r\nSet-Cookie: a"}) {
    options.realm = bad;
    EXPECT_EQ(fixture.open(options), nullptr) << bad;
  }
}

TEST(PlainHost, IsANameOrAddressWithAPort) {
  for (const auto* const good : {"registry", "registry.example", "registry.example:5000", "127.0.0.1:1", "[::1]",
                                 "[::1]:5000", "my_registry:80"}) {
    EXPECT_TRUE(is_plain_host(good)) << good;
  }
  for (const auto* const bad :
       {"",     ":5000", "a:", "a:b",   "a:123456", "a b",  "a\"",   "a/b", "user@a", "a,b",
        "[::1", "::1",   "[]", "[g::]", "[::1]x",   "a\\b", "a\r\n", "a?b", "a#b",    "\xc3\xa4"}) {
    EXPECT_FALSE(is_plain_host(bad)) << bad;
  }
  EXPECT_FALSE(is_plain_host(std::string(300, 'a')));
}

TEST(BearerAccess, RevokesTheTokensOfAUserWhoIsGoneOrHasANewPassword) {
  const TokenFixture fixture;
  const auto alice = fixture.token_for("alice", "secret", "repository:team/app:pull");
  const auto bob = fixture.token_for("bob", "hidden", "repository:team/app:pull");
  EXPECT_EQ(fixture.ask_with(alice, pull), "alice");
  EXPECT_EQ(fixture.ask_with(bob, pull), "bob");
  fixture.write_users({{"alice", "changed"}});
  EXPECT_EQ(fixture.ask_with(alice, pull), "401");
  EXPECT_EQ(fixture.ask_with(bob, pull), "401");
}

TEST(BearerAccess, KeepsTokensOverARestartWithTheSameKeyAlone) {
  TokenFixture fixture;
  const auto token = fixture.token_for("alice", "secret", "repository:team/app:pull");
  fixture.access = fixture.open(fixture.token_options());
  EXPECT_EQ(fixture.ask_with(token, pull), "alice");
  auto options = fixture.token_options();
  options.service = "another";
  fixture.access = fixture.open(options);
  EXPECT_EQ(fixture.ask_with(token, pull), "401");
  options = fixture.token_options();
  options.signing_key.reset();
  fixture.access = fixture.open(options);
  EXPECT_EQ(fixture.ask_with(token, pull), "401");
  fixture.folder.write("key", "too short\n");
  options.signing_key = fixture.folder / "key";
  EXPECT_EQ(fixture.open(options), nullptr);
}

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
}  // namespace dray::server
