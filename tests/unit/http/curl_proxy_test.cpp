#include <cstdlib>
#include <string>

#include "transport_fixture.hpp"

namespace dray::http {
namespace curl_proxy_test {
namespace {

/// The server plays a proxy: it sees whole URLs.
class CurlProxyTest : public CurlTransportTest {
 protected:
  CurlProxyTest() { setenv("http_proxy", proxy.origin().c_str(), 1); }
  ~CurlProxyTest() override { unsetenv("http_proxy"); }

  HttpServer proxy{answer(200, {}, "through a proxy")};
};

TEST_F(CurlProxyTest, SendsThroughTheProxyOfTheEnvironment) {
  EXPECT_EQ(get("http://registry.example/v2/").value_or(""), "through a proxy");
  EXPECT_EQ(proxy.requests().at(0).target, "http://registry.example/v2/");
  EXPECT_EQ(proxy.requests().at(0).headers.get("Host"), "registry.example");
}

TEST_F(CurlProxyTest, GoesDirectlyToThisMachine) {
  HttpServer server(answer(200, {}, "direct"));
  EXPECT_EQ(get(server.origin() + "/").value_or(""), "direct");
  EXPECT_EQ(proxy.request_count(), 0U);
}

TEST_F(CurlProxyTest, MayHaveAPrivateAddressItself) {
  auto request = request_to("http://registry.example/");
  request.addresses = AddressRule::public_only;
  const auto exchange = send(request);
  ASSERT_TRUE(exchange) << exchange.error().message();
  EXPECT_EQ((*exchange)->head().connected_to, AddressClass::global);
}

TEST_F(CurlProxyTest, IsNotAskedForAPrivateAddressInTheUrl) {
  auto request = request_to("http://10.0.0.1/");
  request.addresses = AddressRule::public_only;
  const auto denied = send(request);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code(), ErrorCode::denied);
  EXPECT_EQ(proxy.request_count(), 0U);

  request.addresses = AddressRule::any;
  const auto exchange = send(request);
  ASSERT_TRUE(exchange);
  EXPECT_EQ((*exchange)->head().connected_to, AddressClass::private_network);
}

TEST_F(CurlProxyTest, MayBeSaidForEverything) {
  HttpServer own(answer(200, {}, "another proxy"));
  HttpServer server(answer(200, {}, "direct"));
  auto options = test_options();
  options.proxy = own.origin();
  transport = make_curl_transport(std::move(options));
  EXPECT_EQ(get(server.origin() + "/").value_or(""), "another proxy");
  EXPECT_EQ(get("http://registry.example/").value_or(""), "another proxy");
  EXPECT_EQ(proxy.request_count() + server.request_count(), 0U);
}

TEST_F(CurlProxyTest, SaysWhenItWantsAPassword) {
  HttpServer asking(answer(407, {{"Proxy-Authenticate", "Basic realm=\"p\""}}));
  for (const auto* const url : {"http://registry.example/", "https://registry.example/"}) {
    auto options = test_options();
    options.proxy = "http://bob:hunter2@" + asking.host_port();
    transport = make_curl_transport(std::move(options));
    const auto got = get(url);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::unauthorized);
    EXPECT_NE(got.error().message().find("the proxy http://" + asking.host_port() + " wants a user name"),
              std::string::npos)
        << got.error().message();
    EXPECT_EQ(got.error().message().find("hunter2"), std::string::npos);
  }
}

TEST_F(CurlProxyTest, SaysWhenItRefusesAPasswordAsTinyproxyDoes) {
  HttpServer refusing(answer(401, {{"WWW-Authenticate", "Basic realm=\"Tinyproxy\""}}));
  auto options = test_options();
  options.proxy = "http://bob:hunter2@" + refusing.host_port();
  transport = make_curl_transport(std::move(options));
  const auto got = get("https://registry.example/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::unauthorized);
  EXPECT_NE(got.error().message().find("wants a user name"), std::string::npos) << got.error().message();
}

TEST_F(CurlProxyTest, SaysWhenItDoesNotConnect) {
  for (const int status : {403, 502}) {
    HttpServer refusing(answer(status));
    auto options = test_options();
    options.proxy = refusing.origin();
    transport = make_curl_transport(std::move(options));
    const auto got = get("https://registry.example/");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), status == 403 ? ErrorCode::denied : ErrorCode::unavailable);
    EXPECT_NE(got.error().message().find("does not connect to registry.example port 443: it answers " +
                                         std::to_string(status)),
              std::string::npos)
        << got.error().message();
  }
}

TEST_F(CurlProxyTest, PasswordOfAnUnusableProxyIsNotTold) {
  for (const auto* const text : {"ftp://bob:hunter2@proxy.example:3128", "http://bob:hunter2@[proxy.example:3128",
                                 "http://bob:hunter2@proxy.example:99999", "bob:hunter2@127.0.0.1:1",
                                 "socks5://bob:hunter2@127.0.0.1:1", "http://bob:hunter2@proxy.invalid:1"}) {
    setenv("http_proxy", text, 1);
    transport = make_curl_transport(test_options());  // each reads the environment once
    const auto got = get("http://registry.example/v2/");
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().message().find("hunter2"), std::string::npos) << got.error().message();
  }
}

}  // namespace
}  // namespace curl_proxy_test
}  // namespace dray::http
