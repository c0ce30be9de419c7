#include "auth/token_server.hpp"

#include <gtest/gtest.h>

namespace dray::client {
namespace token_server_test {
namespace {

using http::AddressClass;
using http::AddressRule;

struct RealmCase {
  const char* name;
  const char* base;
  AddressClass reached;
  const char* realm;
  bool accepted;
  AddressRule rule = AddressRule::public_only;
  bool password = false;
};

class TokenServerRealm : public ::testing::TestWithParam<RealmCase> {
 protected:
  static Result<TokenServer> read(bool allow_private) {
    const auto& row = GetParam();
    const http::Challenge challenge{"bearer", {{"realm", row.realm}, {"service", "s"}}, ""};
    return token_server(http::Url::parse(row.base).value(), row.reached, challenge, {allow_private, {"named.example"}});
  }
};

constexpr auto global = AddressClass::global;
constexpr auto local = AddressClass::loopback;
constexpr auto lan = AddressClass::private_network;
constexpr const char* r = "https://r.example/";

const RealmCase realm_cases[] = {
    {"SameHost", r, global, "https://r.example/token", true, AddressRule::any, true},
    {"Relative", r, global, "/token", true, AddressRule::any, true},
    {"SameHostWithPort", "https://r.example:5000/", global, "https://r.example:5000/token", true, AddressRule::any,
     true},
    {"OtherPublicHost", r, global, "https://auth.other.example/token", true, AddressRule::public_only, false},
    {"NamedHost", r, global, "https://named.example/token", true, AddressRule::public_only, true},
    {"NamedHostOtherPort", r, global, "https://named.example:8443/token", true, AddressRule::public_only, false},
    {"NamedHostInHttpUnderHttps", r, global, "http://named.example/token", false},
    {"SameHostOtherPort", r, global, "https://r.example:8443/token", true, AddressRule::public_only, false},
    {"OwnPortOfTheSameHost", "https://r.example:5050/", global, "https://r.example/token", true,
     AddressRule::public_only, false},
    {"HttpUnderHttps", r, global, "http://r.example/token", false},
    {"HttpElsewhereUnderHttps", r, global, "http://auth.example/token", false},
    {"HttpUnderHttp", "http://localhost:5000/", local, "http://localhost:5000/token", true, AddressRule::any, true},
    {"HttpOtherPortUnderHttp", "http://127.0.0.1:5000/", local, "http://127.0.0.1:5001/token", true, AddressRule::any,
     false},
    {"HttpsUnderHttp", "http://localhost:5000/", local, "https://auth.example/token", true, AddressRule::any, false},
    {"NamedUnderHttp", "http://localhost:5000/", local, "http://named.example/token", true, AddressRule::any, true},
    {"Loopback", r, global, "https://127.0.0.1/token", false},
    {"LoopbackName", r, global, "https://localhost/token", false},
    {"Unspecified", r, global, "https://0.0.0.0/token", false},
    {"UnspecifiedV6", r, global, "https://[::]/token", false},
    {"LoopbackV6", r, global, "https://[::1]/token", false},
    {"MappedLoopback", r, global, "https://[::ffff:127.0.0.1]/token", false},
    {"MetadataService", r, global, "https://169.254.169.254/token", false},
    {"MetadataServiceOfALan", "https://10.0.0.1/", lan, "https://169.254.169.254/token", false},
    {"Private10", r, global, "https://10.1.2.3/token", false},
    {"PrivateOfALan", "https://10.0.0.1/", lan, "https://10.1.2.3/token", true, AddressRule::routed, false},
    {"LoopbackOfALan", "https://10.0.0.1/", lan, "https://127.0.0.1/token", false},
    {"UniqueLocal", r, global, "https://[fc00::1]/token", false},
    {"LinkLocalV6", r, global, "https://[fe80::1]/token", false},
    {"File", r, global, "file:///etc/passwd", false},
    {"Ftp", r, global, "ftp://auth.example/token", false},
    {"Gopher", r, global, "gopher://auth.example/token", false},
    {"UserInfo", r, global, "https://user:pw@auth.example/token", false},
};

// C-2
TEST_P(TokenServerRealm, IsJudged) {
  const auto& row = GetParam();
  const auto server = read(false);
  ASSERT_EQ(server.has_value(), row.accepted) << (server ? "" : server.error().message());
  if (!row.accepted) {
    EXPECT_EQ(server.error().code(), ErrorCode::denied);
    EXPECT_EQ(server.error().message().find("user:pw"), std::string::npos);
    return;
  }
  EXPECT_EQ(server->addresses, row.rule);
  EXPECT_EQ(server->may_see_secrets, row.password);
}

INSTANTIATE_TEST_SUITE_P(C2, TokenServerRealm, ::testing::ValuesIn(realm_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(TokenServer, AllowPrivateOpensPrivateAddressesButNotPlainHttp) {
  const auto base = http::Url::parse(r).value();
  const auto at = [&](const char* realm) {
    return token_server(base, global, http::Challenge{"bearer", {{"realm", realm}}, ""}, {true, {}});
  };
  EXPECT_TRUE(at("https://10.1.2.3/token").has_value());
  EXPECT_FALSE(at("http://10.1.2.3/token").has_value());
}

TEST(TokenServer, WithoutRealmIsAProtocolError) {
  const auto server = token_server(http::Url::parse(r).value(), global, http::Challenge{"bearer", {}, ""}, {});
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().code(), ErrorCode::protocol);
}

}  // namespace
}  // namespace token_server_test
}  // namespace dray::client
