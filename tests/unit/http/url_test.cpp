#include <gtest/gtest.h>
#include <dray/http/limits.hpp>
#include <dray/http/url.hpp>

#include <string>

namespace dray::http {
namespace url_test {
namespace {

Url url(std::string_view text) {
  auto parsed = Url::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *std::move(parsed) : *Url::parse("http://failed.invalid/");
}

struct Good {
  const char* name;
  const char* text;
  const char* path;
  const char* query;
  const char* normal;
};
class UrlParse : public ::testing::TestWithParam<Good> {};

TEST_P(UrlParse, KeepsPathAndQuery) {
  const auto parsed = url(GetParam().text);
  EXPECT_EQ(parsed.path(), GetParam().path);
  EXPECT_EQ(parsed.query(), GetParam().query);
  EXPECT_EQ(parsed.text(), GetParam().normal);
  EXPECT_EQ(url(parsed.text()).text(), parsed.text());
}

INSTANTIATE_TEST_SUITE_P(
    Table, UrlParse,
    ::testing::Values(Good{"NoPath", "https://A.example", "/", "", "https://a.example/"},
                      Good{"QueryWithoutPath", "https://a?x=1", "/", "x=1", "https://a/?x=1"},
                      Good{"EmptyQuery", "https://a/?", "/", "", "https://a/?"},
                      Good{"DoubleSlash", "https://a//b//c/", "//b//c/", "", "https://a//b//c/"},
                      Good{"DotSegments", "https://a/b/../c/./d", "/b/../c/./d", "", "https://a/b/../c/./d"},
                      Good{"Encoded", "https://a/%2F%7e%zz?x=%2f", "/%2F%7e%zz", "x=%2f", "https://a/%2F%7e%zz?x=%2f"},
                      Good{"Fragment", "https://a/b?c#d?e", "/b", "c", "https://a/b?c"},
                      Good{"FragmentWithoutPath", "https://a#b", "/", "", "https://a/"},
                      Good{"SignedLink",
                           "https://x.data.example/d//sha256:00/data?se=2019-03-15T00%3A29%3A41Z&sig=a%2Bb%3D",
                           "/d//sha256:00/data", "se=2019-03-15T00%3A29%3A41Z&sig=a%2Bb%3D",
                           "https://x.data.example/d//sha256:00/data?se=2019-03-15T00%3A29%3A41Z&sig=a%2Bb%3D"},
                      Good{"AtSignInPath", "https://a/b@c:d", "/b@c:d", "", "https://a/b@c:d"},
                      Good{"QuestionMarkInQuery", "https://a/?b?c", "/", "b?c", "https://a/?b?c"},
                      Good{"NotAscii", "https://a/\xc3\xa9", "/\xc3\xa9", "", "https://a/\xc3\xa9"}),
    [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  std::string text;
};
class UrlParseBad : public ::testing::TestWithParam<Bad> {};

TEST_P(UrlParseBad, Refuses) {
  const auto parsed = Url::parse(GetParam().text);
  ASSERT_FALSE(parsed) << parsed->text();
  EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_input);
}

INSTANTIATE_TEST_SUITE_P(
    Table, UrlParseBad,
    ::testing::Values(Bad{"Empty", ""}, Bad{"NoScheme", "a.example/b"}, Bad{"NoSchemeButPort", "localhost:5000/b"},
                      Bad{"File", "file:///etc/passwd"}, Bad{"Ftp", "ftp://a/"}, Bad{"Gopher", "gopher://a/"},
                      Bad{"OneSlash", "http:/a/"}, Bad{"NoSlash", "http:a"}, Bad{"ThreeSlashes", "http:///a"},
                      Bad{"Blank", "http://a/b c"}, Bad{"LeadingBlank", " http://a/"}, Bad{"LineFeed", "http://a/\nb"},
                      Bad{"Return", "http://a/\r\nX: y"}, Bad{"Nul", std::string("http://a/\0b", 11)},
                      Bad{"Tab", "http://a/\t"}, Bad{"Delete", "http://a/\x7f"}, Bad{"Backslash", "http://a\\@b/"},
                      Bad{"Relative", "/a/b"}, Bad{"NetworkPath", "//a/b"}),
    [](const auto& row) { return row.param.name; });

TEST(UrlParseLimits, RefusesWhatIsTooLong) {
  const auto text = "http://a/" + std::string(limits::max_url_bytes, 'x');
  EXPECT_TRUE(Url::parse(std::string_view(text).substr(0, limits::max_url_bytes)));
  const auto parsed = Url::parse(std::string_view(text).substr(0, limits::max_url_bytes + 1));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::limit_exceeded);
}

TEST(UrlParseErrors, NeverQuoteTheUrl) {
  for (const auto* const text : {"http://user:marked@a/", "marked://a/", "http://a:marked/", "http://a/marked x"}) {
    const auto parsed = Url::parse(text);
    ASSERT_FALSE(parsed) << text;
    if (std::string_view(text).starts_with("marked")) continue;  // a scheme is named
    EXPECT_EQ(parsed.error().message().find("marked"), std::string::npos) << parsed.error().message();
  }
}

struct Reference {
  const char* name;
  const char* reference;
  const char* expected;
};
class UrlResolve : public ::testing::TestWithParam<Reference> {};

TEST_P(UrlResolve, GivesWhatIsListed) {
  const auto resolved = url("http://a/b/c/d;p?q").resolve(GetParam().reference);
  ASSERT_TRUE(resolved) << resolved.error().message();
  EXPECT_EQ(resolved->text(), GetParam().expected);
}

// RFC 3986 section 5.4, without what leads to other schemes or keeps a fragment.
INSTANTIATE_TEST_SUITE_P(
    Rfc3986, UrlResolve,
    ::testing::Values(Reference{"R1", "g", "http://a/b/c/g"}, Reference{"R2", "./g", "http://a/b/c/g"},
                      Reference{"R3", "g/", "http://a/b/c/g/"}, Reference{"R4", "/g", "http://a/g"},
                      Reference{"R5", "//g", "http://g/"}, Reference{"R6", "?y", "http://a/b/c/d;p?y"},
                      Reference{"R7", "g?y", "http://a/b/c/g?y"}, Reference{"R8", "#s", "http://a/b/c/d;p?q"},
                      Reference{"R9", "g#s", "http://a/b/c/g"}, Reference{"R10", "g?y#s", "http://a/b/c/g?y"},
                      Reference{"R11", ";x", "http://a/b/c/;x"}, Reference{"R12", "g;x", "http://a/b/c/g;x"},
                      Reference{"R13", "g;x?y#s", "http://a/b/c/g;x?y"}, Reference{"R14", "", "http://a/b/c/d;p?q"},
                      Reference{"R15", ".", "http://a/b/c/"}, Reference{"R16", "./", "http://a/b/c/"},
                      Reference{"R17", "..", "http://a/b/"}, Reference{"R18", "../", "http://a/b/"},
                      Reference{"R19", "../g", "http://a/b/g"}, Reference{"R20", "../..", "http://a/"},
                      Reference{"R21", "../../", "http://a/"}, Reference{"R22", "../../g", "http://a/g"},
                      Reference{"R23", "../../../g", "http://a/g"}, Reference{"R24", "../../../../g", "http://a/g"},
                      Reference{"R25", "/./g", "http://a/g"}, Reference{"R26", "/../g", "http://a/g"},
                      Reference{"R27", "g.", "http://a/b/c/g."}, Reference{"R28", ".g", "http://a/b/c/.g"},
                      Reference{"R29", "g..", "http://a/b/c/g.."}, Reference{"R30", "..g", "http://a/b/c/..g"},
                      Reference{"R31", "./../g", "http://a/b/g"}, Reference{"R32", "./g/.", "http://a/b/c/g/"},
                      Reference{"R33", "g/./h", "http://a/b/c/g/h"}, Reference{"R34", "g/../h", "http://a/b/c/h"},
                      Reference{"R35", "g;x=1/./y", "http://a/b/c/g;x=1/y"},
                      Reference{"R36", "g;x=1/../y", "http://a/b/c/y"},
                      Reference{"R37", "g?y/./x", "http://a/b/c/g?y/./x"},
                      Reference{"R38", "g?y/../x", "http://a/b/c/g?y/../x"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(Own, UrlResolve,
                         ::testing::Values(Reference{"Absolute", "https://B:443/x/../y", "https://b/x/../y"},
                                           Reference{"DoubleSlashInPath", "/x//y", "http://a/x//y"},
                                           Reference{"ColonInQuery", "?a:b", "http://a/b/c/d;p?a:b"},
                                           Reference{"EmptyQuery", "?", "http://a/b/c/d;p?"}),
                         [](const auto& row) { return row.param.name; });

TEST(UrlResolveErrors, KeepTheRulesOfParse) {
  const auto base = url("http://a/b");
  for (const auto* const reference :
       {"ftp://a/", "file:///etc/passwd", "javascript:x", "//user@b/", "//", "http:g", "a b", "\\\\b", "x:y"}) {
    EXPECT_FALSE(base.resolve(reference)) << reference;
  }
  EXPECT_FALSE(base.resolve("/" + std::string(limits::max_url_bytes, 'x')));
}

TEST(UrlPrintable, HidesWhatCouldBeASecret) {
  struct Row {
    const char* text;
    const char* expected;
  };
  for (const auto& row :
       {Row{"https://a/b", "https://a/b"}, Row{"https://a/b?n=5&last=x", "https://a/b?n=5&last=x"},
        Row{"https://a/?sig=s&se=2019&sp=r", "https://a/?sig=…&se=2019&sp=r"},
        Row{"https://a/?X-Amz-Signature=s&X-Amz-Credential=c&X-Amz-Date=d",
            "https://a/?X-Amz-Signature=…&X-Amz-Credential=…&X-Amz-Date=d"},
        Row{"https://a/?SIG=s&N=5", "https://a/?SIG=…&N=…"}, Row{"https://a/?secret", "https://a/?…"},
        Row{"https://a/?_state=s&digest=sha256:0", "https://a/?_state=…&digest=sha256:0"},
        Row{"https://a/?&&n=1&", "https://a/?n=1"}, Row{"https://a/?%6e=s", "https://a/?%6e=…"},
        Row{"https://a/\xc2\x9b?n=\xc2\x9b", "https://a/%C2%9B?n=%C2%9B"}, Row{"https://a/#fragment", "https://a/"}}) {
    EXPECT_EQ(url(row.text).printable().text(), row.expected);
  }
}

TEST(UrlQuery, GivesTheFirstDecodedValue) {
  const auto link = url("https://a/?se=2019-03-15T00%3A29%3A41Z&x=1&x=2&plus=a+b&empty=&bare&%6eame=v&bad=%4");
  EXPECT_EQ(link.query_value("se").value_or(""), "2019-03-15T00:29:41Z");
  EXPECT_EQ(link.query_value("x").value_or(""), "1");
  EXPECT_EQ(link.query_value("plus").value_or(""), "a+b");
  EXPECT_EQ(link.query_value("empty").value_or("?"), "");
  EXPECT_EQ(link.query_value("bare").value_or("?"), "");
  EXPECT_EQ(link.query_value("name").value_or("?"), "v");
  EXPECT_EQ(link.query_value("absent").error().code(), ErrorCode::not_found);
  EXPECT_EQ(link.query_value("bad").error().code(), ErrorCode::invalid_input);
}

TEST(UrlQuery, AppendsBehindWhatIsThere) {
  EXPECT_EQ(url("http://a/b").with_query("digest", "sha256:0/1").text(), "http://a/b?digest=sha256%3A0%2F1");
  EXPECT_EQ(url("http://a/b?_state=x%2F").with_query("a b", "c&d").text(), "http://a/b?_state=x%2F&a%20b=c%26d");
  EXPECT_EQ(url("http://a/b?").with_query("x", "1").text(), "http://a/b?x=1");
  EXPECT_EQ(url("http://a/b?y&").with_query("x", "1").text(), "http://a/b?y&x=1");
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=e&f%\xff"), "a%20b%2Fc%3Fd%3De%26f%25%FF");
}

}  // namespace
}  // namespace url_test
}  // namespace dray::http
