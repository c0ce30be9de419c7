#include "auth/token_trust.hpp"

#include <gtest/gtest.h>

namespace dray::client {
namespace token_trust_test {
namespace {

using enum TokenServerTrust;

struct TrustCase {
  const char* name;
  const char* registry;
  const char* realm;
  TokenServerTrust trust;
  std::set<std::string> named = {};
};

// C-2 and C-13: the whole of each name counts.
const TrustCase trust_cases[] = {
    {"OwnOrigin", "https://r.example/", "https://r.example/token", own_origin},
    {"OwnOriginOnLoopback", "http://127.0.0.1:5000/", "http://127.0.0.1:5000/token", own_origin},
    {"OwnOriginSpelledOut", "https://r.example/", "https://R.EXAMPLE.:443/token", own_origin},
    {"OtherPort", "https://r.example/", "https://r.example:8443/token", none},
    {"OtherScheme", "http://r.example/", "https://r.example/token", none},
    {"OtherDomain", "https://r.example/", "https://evil.test/token", none},

    {"DockerHub", "https://registry-1.docker.io/", "https://auth.docker.io/token", known_pair},
    {"DockerHubsOtherName", "https://index.docker.io/", "https://auth.docker.io/token", known_pair},
    {"DockerHubInHttp", "http://registry-1.docker.io/", "http://auth.docker.io/token", none},
    {"DockerHubOtherPort", "https://registry-1.docker.io/", "https://auth.docker.io:444/token", none},
    {"DockerHubPrefix", "https://registry-1.docker.io/", "https://xauth.docker.io/token", none},
    {"DockerHubSuffix", "https://registry-1.docker.io/", "https://auth.docker.io.evil.test/token", none},
    {"DockerHubEmbedded", "https://registry-1.docker.io/", "https://evil.test/auth.docker.io", none},
    {"DockerHubDash", "https://registry-1.docker.io/", "https://auth-docker.io/token", none},
    {"LookAlikeOfDockerHub", "https://registry-1.docker.io.evil.test/", "https://auth.docker.io/token", none},
    {"OtherPartyAtDockerHubsServer", "https://r.example/", "https://auth.docker.io/token", none},
    {"Nvidia", "https://nvcr.io/", "https://authn.nvidia.com/token", known_pair},
    {"NvidiaLookAlike", "https://nvcr.io/", "https://authn.nvidia.com.evil.test/token", none},

    {"Parent", "https://registry.gitlab.com/", "https://gitlab.com/jwt/auth", same_domain},
    {"Grandparent", "https://a.registry.corp.example/", "https://corp.example/token", same_domain},
    {"Child", "https://corp.example/", "https://auth.corp.example/token", same_domain},
    {"Sister", "https://registry.corp.example/", "https://auth.corp.example/token", none},
    {"SisterOnASharedSuffix", "https://mine.github.io/", "https://yours.github.io/token", none},
    {"TopLevelDomain", "https://r.example/", "https://example/token", none},
    {"ChildOfATopLevelDomain", "https://example/", "https://r.example/token", none},
    {"EndsAlike", "https://evilcorp.example/", "https://corp.example/token", none},
    {"BeginsAlike", "https://corp.example/", "https://corp.example.evil.test/token", none},
    {"Embedded", "https://corp.example/", "https://auth.corp.example.evil.test/token", none},
    {"ParentOfAnotherPort", "https://registry.corp.example:5000/", "https://corp.example/token", none},
    {"ParentAtAnotherPort", "https://registry.corp.example/", "https://corp.example:5000/token", none},
    {"ParentInHttp", "http://registry.corp.example/", "http://corp.example/token", none},
    {"PartOfAnAddress", "https://10.0.0.1/", "https://0.0.0.1/token", none},
    {"LocalName", "https://registry.localhost/", "https://localhost/token", none},

    {"Named", "https://r.example/", "https://auth.test/token", named, {"auth.test"}},
    {"NamedInCapitals", "https://r.example/", "https://auth.test/token", named, {"AUTH.test."}},
    {"NamedWithItsPort", "https://r.example/", "https://auth.test:8443/token", named, {"auth.test:8443"}},
    {"NamedForAnotherPort", "https://r.example/", "https://auth.test:8443/token", none, {"auth.test"}},
    {"NamedAsUrl", "https://r.example/", "https://auth.test/token", named, {"https://auth.test/"}},
    {"NamedAsUrlOfAnotherScheme", "https://r.example/", "https://auth.test/token", none, {"http://auth.test/"}},
    {"NamedInPlainHttp", "http://127.0.0.1:1/", "http://127.0.0.2:2/token", named, {"127.0.0.2:2"}},
    {"NamedIpv6", "https://r.example/", "https://[2001:db9::1]/token", named, {"[2001:DB9:0::1]"}},
    {"SuffixOfANamedOne", "https://r.example/", "https://x.auth.test/token", none, {"auth.test"}},
    {"NamedOneAsSuffix", "https://r.example/", "https://auth.test.evil.test/token", none, {"auth.test"}},
    {"NoWildcard", "https://r.example/", "https://x.auth.test/token", none, {"*.auth.test", "*", ""}},
};

class TokenServerIsTrusted : public ::testing::TestWithParam<TrustCase> {};

TEST_P(TokenServerIsTrusted, AsListed) {
  const auto& row = GetParam();
  const auto registry = http::Url::parse(row.registry).value().origin();
  EXPECT_EQ(judge_token_server(registry, http::Url::parse(row.realm).value().origin(), row.named), row.trust);
}

INSTANTIATE_TEST_SUITE_P(C2C13, TokenServerIsTrusted, ::testing::ValuesIn(trust_cases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace token_trust_test
}  // namespace dray::client
