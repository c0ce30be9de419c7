#include "proxy.hpp"

#include <gtest/gtest.h>

namespace dray::http {
namespace proxy_test {
namespace {

Origin origin(std::string_view url) { return Url::parse(url)->origin(); }

struct Row {
  const char* name;
  const char* no_proxy;
  const char* url;
  bool excepted;
};
class NoProxy : public ::testing::TestWithParam<Row> {};

TEST_P(NoProxy, ExceptsWhatIsListed) {
  EXPECT_EQ(is_excepted(GetParam().no_proxy, origin(GetParam().url)), GetParam().excepted);
}

INSTANTIATE_TEST_SUITE_P(Table, NoProxy,
                         ::testing::Values(Row{"Empty", "", "http://a.example/", false},
                                           Row{"Star", "*", "http://a.example/", true},
                                           Row{"Same", "a.example", "http://a.example/", true},
                                           Row{"UpperCase", "A.Example", "http://a.example/", true},
                                           Row{"Below", "a.example", "http://x.a.example/", true},
                                           Row{"LeadingDot", ".a.example", "http://x.a.example/", true},
                                           Row{"LeadingDotItself", ".a.example", "http://a.example/", true},
                                           Row{"TrailingDot", "a.example.", "http://a.example/", true},
                                           Row{"LookAlike", "a.example", "http://xa.example/", false},
                                           Row{"LongerName", "a.example", "http://a.example.org/", false},
                                           Row{"SecondOfList", "b.example, a.example", "http://a.example/", true},
                                           Row{"BlanksOnly", "b.example a.example", "http://a.example/", true},
                                           Row{"Port", "a.example:5000", "http://a.example:5000/", true},
                                           Row{"OtherPort", "a.example:5000", "http://a.example/", false},
                                           Row{"Address", "10.0.0.1", "http://10.0.0.1/", true},
                                           Row{"OtherAddress", "10.0.0.1", "http://10.0.0.11/", false},
                                           Row{"AddressIsNoSuffix", "0.0.1", "http://10.0.0.1/", false},
                                           Row{"Network", "10.0.0.0/8", "http://10.9.8.7/", true},
                                           Row{"OddNetwork", "10.0.0.128/25", "http://10.0.0.127/", false},
                                           Row{"BadNetwork", "10.0.0.0/33", "http://10.0.0.0/", false},
                                           Row{"OtherFamily", "::/0", "http://10.0.0.0/", false},
                                           Row{"Six", "2001:db8::1", "http://[2001:db8::1]/", true},
                                           Row{"SixInBrackets", "[2001:db8::1]", "http://[2001:db8::1]/", true},
                                           Row{"SixWithPort", "[2001:db8::1]:80", "http://[2001:db8::1]:81/", false},
                                           Row{"SixNetwork", "2001:db8::/32", "http://[2001:db8:1::1]/", true}),
                         [](const auto& row) { return row.param.name; });

TEST(ProxyFor, DependsOnTheScheme) {
  const ProxySettings settings{"http://p:1", "http://p:2", "http://p:3", "none.example"};
  EXPECT_EQ(settings.proxy_for(origin("http://a.example/")), "http://p:1");
  EXPECT_EQ(settings.proxy_for(origin("https://a.example/")), "http://p:2");
  EXPECT_EQ(settings.proxy_for(origin("https://none.example/")), "");
  const ProxySettings for_all{"", "", "http://p:3", ""};
  EXPECT_EQ(for_all.proxy_for(origin("http://a.example/")), "http://p:3");
  EXPECT_EQ(ProxySettings{}.proxy_for(origin("http://a.example/")), "");
}

TEST(ProxyFor, ObeysTheCommandLineEvenOnLoopback) {
  const ProxySettings settings{"http://p:1", "http://p:2", "", "none.example", "socks5h://p:3"};
  EXPECT_EQ(settings.proxy_for(origin("http://127.0.0.1:5000/")), "socks5h://p:3");
  EXPECT_EQ(settings.proxy_for(origin("https://a.example/")), "socks5h://p:3");
  EXPECT_EQ(settings.proxy_for(origin("https://none.example/")), "");
}

TEST(PrintableProxy, HoldsNeitherUserNorPassword) {
  struct Shown {
    const char* proxy;
    const char* shown;
  };
  for (const auto& row :
       {Shown{"", ""}, Shown{"http://p:1", "http://p:1"}, Shown{"p:1", "http://p:1"},
        Shown{"http://u:pw@p:1/x?y", "http://p:1"}, Shown{"u:pw@p:1", "http://p:1"},
        Shown{"socks5h://u:p@w/x@p:1", "socks5h://p:1"}, Shown{"http://u:p@w#1@[::1]:3128/", "http://[::1]:3128"},
        Shown{"http://u:pw@p\n:1", "http://p?:1"}}) {
    EXPECT_EQ(printable_proxy(row.proxy), row.shown) << row.proxy;
  }
}

TEST(ProxyFor, LeavesLoopbackAlone) {
  const ProxySettings settings{"http://p:1", "http://p:2", "", ""};
  for (const auto* const url : {"http://localhost:5000/", "http://127.0.0.1/", "https://[::1]/"}) {
    EXPECT_EQ(settings.proxy_for(origin(url)), "") << url;
  }
}

}  // namespace
}  // namespace proxy_test
}  // namespace dray::http
