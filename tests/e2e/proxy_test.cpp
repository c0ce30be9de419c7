// Through proxies as people run them: Debian's tinyproxy and microsocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "program.hpp"
#include "support/fault_proxy.hpp"
#include "support/mcr_twin.hpp"
#include "support/real_proxy.hpp"

namespace dray::testing {
namespace proxy_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = RealProxy::Kind;

struct Way {
  const char* name;
  Kind kind;
  const char* scheme;
  bool tls = false;
};

class Proxies : public ::testing::TestWithParam<Way> {
 protected:
  Proxies() : twin({.tls = GetParam().tls}) { twin.add("app", "1", image); }

  [[nodiscard]] std::string url(const RealProxy& proxy) const {
    return std::string(GetParam().scheme) + "://" + proxy.host_port();
  }
  [[nodiscard]] Outcome pull(std::vector<std::string> more) const {
    std::vector<std::string> words{"pull", twin.host_port() + "/app:1", "oci:got"};
    if (GetParam().tls) words.insert(words.end(), {"--tls", twin.host_port(), "--cacert", twin.ca_file()});
    words.insert(words.end(), more.begin(), more.end());
    return dray(words);
  }
  /// How the proxy logs a request or a tunnel to the registry.
  [[nodiscard]] std::string mark() const {
    if (GetParam().kind == Kind::socks) return "connected to " + twin.host_port();
    return GetParam().tls ? "CONNECT " + twin.host_port() : "GET " + twin.origin() + "/v2/app/";
  }

  McrTwin twin;
  Dray dray;
  Image image = make_layered(3, 50'000, Format::oci);
};

TEST_P(Proxies, CarryAPull) {
  const RealProxy proxy(GetParam().kind);
  const auto outcome = pull({"--proxy", url(proxy)});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(files_below(dray / "got").size(), 2U + 1 + 1 + image.layers.size());
  EXPECT_TRUE(proxy.logged(mark())) << mark() << " in:\n" << proxy.log();
}

TEST_P(Proxies, AreLeftOutForNoProxy) {
  const RealProxy proxy(GetParam().kind);
  dray.set_environment("no_proxy", "example.com,127.0.0.0/8");
  EXPECT_EQ(pull({"--proxy", url(proxy)}).status, 0);
  EXPECT_THAT(proxy.log(), Not(HasSubstr(mark())));
}

TEST_P(Proxies, ThatAreNotThereAreNamed) {
  const auto outcome = pull({"--proxy", std::string(GetParam().scheme) + "://127.0.0.1:1"});
  EXPECT_EQ(outcome.status, 6) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("proxy"));
  EXPECT_EQ(twin.registry().request_count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Real, Proxies,
    ::testing::Values(Way{"HttpPlain", Kind::http, "http"}, Way{"HttpTls", Kind::http, "http", true},
                      Way{"Socks5Plain", Kind::socks, "socks5"}, Way{"Socks5Tls", Kind::socks, "socks5", true},
                      Way{"Socks5hPlain", Kind::socks, "socks5h"}, Way{"Socks5hTls", Kind::socks, "socks5h", true}),
    [](const auto& row) { return row.param.name; });

/// A registry under this machine's own name, which is no word for loopback: the variables hold for it. Behind a line
/// that listens on every address, whatever the name stands for.
class ProxyVariables : public ::testing::TestWithParam<bool> {
 protected:
  ProxyVariables() : twin({.redirect_blobs = false}), front(twin.host_port(), {}, "0.0.0.0:0") {
    std::array<char, 256> name{};
    EXPECT_EQ(::gethostname(name.data(), name.size() - 1), 0);
    host_port = std::string(name.data()) + ":" + std::to_string(front.port());
    twin.add("app", "1", image);
  }
  [[nodiscard]] Outcome digest() const {
    return dray({"digest", host_port + "/app:1", "--plain-http", host_port, "--trace"});
  }
  [[nodiscard]] static Kind kind() { return GetParam() ? Kind::socks : Kind::http; }
  [[nodiscard]] static std::string scheme() { return GetParam() ? "socks5h://" : "http://"; }

  McrTwin twin;
  FaultProxy front;
  std::string host_port;
  Dray dray;
  Image image = make_layered(1, 1'000, Format::oci);
};

TEST_P(ProxyVariables, AreObeyedInBothCases) {
  const RealProxy proxy(kind());
  for (const auto* const variable : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    dray.set_environment(variable, scheme() + proxy.host_port());
    const auto outcome = digest();
    EXPECT_EQ(outcome.status, 0) << variable << ": " << outcome.err;
    dray.set_environment(variable, std::nullopt);
  }
  EXPECT_TRUE(proxy.logged(":" + std::to_string(front.port()))) << proxy.log();
}

TEST_P(ProxyVariables, ExceptWhatNoProxyLists) {
  dray.set_environment("ALL_PROXY", scheme() + "127.0.0.1:1");
  EXPECT_EQ(digest().status, 6);
  dray.set_environment("NO_PROXY", "example.com, " + host_port);
  EXPECT_EQ(digest().status, 0);
}

TEST_P(ProxyVariables, MayHoldAPasswordThatIsNeverShown) {
  const RealProxy proxy(kind(), "bob", "hunter2");
  dray.set_environment("ALL_PROXY", scheme() + "bob:hunter2@" + proxy.host_port());
  const auto good = digest();
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out + good.err, Not(HasSubstr("hunter2")));
  for (const auto* const wrong : {"bob:MARKED@", ""}) {
    dray.set_environment("ALL_PROXY", scheme() + wrong + proxy.host_port());
    const auto outcome = digest();
    EXPECT_EQ(outcome.status, 4) << outcome.err;
    // tinyproxy answers 401 to a wrong password, as if it were the registry.
    const bool speaks_for_another = kind() == Kind::http && *wrong != '\0';
    EXPECT_THAT(outcome.err,
                HasSubstr(speaks_for_another ? "answered 401"
                                             : "the proxy " + scheme() + proxy.host_port() + " wants a user name"));
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("MARKED")));
  }
}

INSTANTIATE_TEST_SUITE_P(Real, ProxyVariables, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "Socks" : "Http"; });

}  // namespace
}  // namespace proxy_test
}  // namespace dray::testing
