#include "access/token.hpp"

#include <gtest/gtest.h>
#include <dray/format/json.hpp>
#include <dray/server/limits.hpp>

#include <functional>

#include "access/bearer_challenge.hpp"
#include "crypto.hpp"
#include "support/hashing.hpp"
#include "token_fixture.hpp"

namespace dray::server {
namespace token_test {
namespace {

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

}  // namespace
}  // namespace token_test
}  // namespace dray::server
