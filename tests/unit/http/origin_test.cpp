#include <gtest/gtest.h>
#include <dray/http/url.hpp>

#include <string>

namespace dray::http {
namespace origin_test {
namespace {

/// Reliability row C-5: what is one origin and what are two.
struct Pair {
  const char* name;
  const char* a;
  const char* b;
  bool same;
};
class OriginPair : public ::testing::TestWithParam<Pair> {};

TEST_P(OriginPair, ComparesAsListed) {
  const auto a = Url::parse(GetParam().a);
  const auto b = Url::parse(GetParam().b);
  ASSERT_TRUE(a) << a.error().message();
  ASSERT_TRUE(b) << b.error().message();
  EXPECT_EQ(a->origin() == b->origin(), GetParam().same) << a->origin().text() << " " << b->origin().text();
}

INSTANTIATE_TEST_SUITE_P(
    C5, OriginPair,
    ::testing::Values(Pair{"HttpsPortSpelledOut", "https://a.example/", "https://a.example:443/x", true},
                      Pair{"HttpPortSpelledOut", "http://a.example/", "http://a.example:80/", true},
                      Pair{"PortWithZeros", "http://a.example/", "http://a.example:0080/", true},
                      Pair{"EmptyPort", "http://a.example/", "http://a.example:/", true},
                      Pair{"OtherPort", "https://a.example/", "https://a.example:8443/", false},
                      Pair{"PortOfOtherScheme", "https://a.example/", "https://a.example:80/", false},
                      Pair{"OtherScheme", "https://a.example/", "http://a.example/", false},
                      Pair{"OtherSchemeSamePort", "https://a.example:5000/", "http://a.example:5000/", false},
                      Pair{"UpperCaseHost", "https://a.example/", "https://A.EXAMPLE/", true},
                      Pair{"UpperCaseScheme", "https://a.example/", "HTTPS://a.example/", true},
                      Pair{"TrailingDot", "https://a.example/", "https://a.example./", true},
                      Pair{"TrailingDotAndPort", "https://a.example/", "https://a.example.:443/", true},
                      Pair{"OtherHost", "https://a.example/", "https://b.example/", false},
                      Pair{"Subdomain", "https://a.example/", "https://x.a.example/", false},
                      Pair{"LookAlikeSuffix", "https://a.example/", "https://a.example.evil.example/", false},
                      Pair{"LookAlikePrefix", "https://a.example/", "https://evil-a.example/", false},
                      Pair{"PathDiffers", "https://a.example/v2/", "https://a.example/other?x#y", true},
                      Pair{"SixSpellings", "http://[2001:db8::1]/", "http://[2001:0DB8:0:0:0:0:0:1]/", true},
                      Pair{"SixZeroRuns", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]:80/", true},
                      Pair{"SixWithDots", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", true},
                      Pair{"SixDiffers", "http://[::1]/", "http://[::2]/", false},
                      Pair{"MappedIsNotPlain", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1/", false},
                      Pair{"FourShort", "http://127.0.0.1/", "http://127.1/", true},
                      Pair{"FourDecimal", "http://127.0.0.1/", "http://2130706433/", true},
                      Pair{"FourHexadecimal", "http://127.0.0.1/", "http://0x7F.0.0.1/", true},
                      Pair{"FourOctal", "http://127.0.0.1/", "http://0177.0.0.01/", true},
                      Pair{"FourTrailingDot", "http://127.0.0.1/", "http://127.0.0.1./", true},
                      Pair{"FourOddWithTrailingDot", "http://127.0.0.1/", "http://0x7f000001./", true},
                      Pair{"FourDiffers", "http://127.0.0.1/", "http://127.0.0.2/", false},
                      Pair{"NameIsNotItsAddress", "http://localhost/", "http://127.0.0.1/", false}),
    [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  const char* authority;
};
class BadOrigin : public ::testing::TestWithParam<Bad> {};

TEST_P(BadOrigin, IsRefused) {
  const auto url = Url::parse("http://" + std::string(GetParam().authority) + "/x");
  ASSERT_FALSE(url) << url->text();
  EXPECT_EQ(url.error().code(), ErrorCode::invalid_input);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadOrigin,
    ::testing::Values(Bad{"Empty", ""}, Bad{"OnlyPort", ":80"}, Bad{"OnlyDot", "."}, Bad{"TwoDots", "a.."},
                      Bad{"LeadingDot", ".a"}, Bad{"EmptyLabel", "a..b"}, Bad{"User", "user@a"},
                      Bad{"UserAndPassword", "user:secret@a"}, Bad{"EmptyUser", "@a"}, Bad{"PortZero", "a:0"},
                      Bad{"PortTooLarge", "a:65536"}, Bad{"PortNoNumber", "a:http"}, Bad{"PortSigned", "a:+80"},
                      Bad{"PortAndMore", "a:80x"}, Bad{"TwoPorts", "a:80:80"}, Bad{"ZoneId", "[fe80::1%25eth0]"},
                      Bad{"BareZoneId", "[fe80::1%eth0]"}, Bad{"Unclosed", "[::1"}, Bad{"RestBehindBracket", "[::1]x"},
                      Bad{"NotSix", "[::1::2]"}, Bad{"FourInBrackets", "[127.0.0.1]"}, Bad{"EmptyBrackets", "[]"},
                      Bad{"FutureVersion", "[v1.a]"}, Bad{"PercentEncoded", "a%2eb"}, Bad{"Comma", "a,b"},
                      Bad{"International", "ä.example"}, Bad{"FourTooLarge", "256.1.1.1"},
                      Bad{"FiveNumbers", "1.2.3.4.5"}, Bad{"BadOctal", "09.1.1.1"}, Bad{"NumberAtTheEnd", "a.1"},
                      Bad{"HexAtTheEnd", "a.0x1"}, Bad{"BareHexPrefix", "0x"}),
    [](const auto& row) { return row.param.name; });

TEST(OriginText, LeavesOutTheOwnPort) {
  EXPECT_EQ(Url::parse("HTTP://A.example.:80/")->origin().text(), "http://a.example");
  EXPECT_EQ(Url::parse("https://a.example:80/")->origin().text(), "https://a.example:80");
  EXPECT_EQ(Url::parse("https://[::1]:443/")->origin().text(), "https://[::1]");
  EXPECT_EQ(Url::parse("http://[0:0::1]:5000/")->origin().text(), "http://[::1]:5000");
  EXPECT_TRUE(Url::parse("https://a/")->origin().is_secure());
  EXPECT_FALSE(Url::parse("http://a/")->origin().is_secure());
}

}  // namespace
}  // namespace origin_test
}  // namespace dray::http
