#include <gtest/gtest.h>
#include <dray/http/challenge.hpp>
#include <dray/http/limits.hpp>

#include <string>

namespace dray::http {
namespace challenge_test {
namespace {

/// `scheme{name=value;…}` or `scheme[token68]`, one after another.
std::string text(const std::vector<Challenge>& challenges) {
  std::string out;
  for (const auto& challenge : challenges) {
    out += challenge.scheme;
    if (!challenge.token68.empty()) out += "[" + challenge.token68 + "]";
    out += "{";
    for (const auto& [name, value] : challenge.parameters) out += name + "=" + value + ";";
    out += "}";
  }
  return out;
}

struct Row {
  const char* name;
  std::vector<std::string_view> lines;
  const char* expected;
};

class ParseChallenges : public ::testing::TestWithParam<Row> {};

TEST_P(ParseChallenges, ReadsWhatIsListed) { EXPECT_EQ(text(parse_challenges(GetParam().lines)), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Table, ParseChallenges,
    ::testing::Values(
        Row{"DockerHub",
            {R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push")"},
            "bearer{realm=https://auth.docker.io/token;scope=repository:a/b:pull,push;service=registry.docker.io;}"},
        Row{"Basic", {R"(Basic realm="Registry Realm")"}, "basic{realm=Registry Realm;}"},
        Row{"SeveralInOneLine",
            {R"(Negotiate, Basic realm="a", Bearer realm="b",service=c)"},
            "negotiate{}basic{realm=a;}bearer{realm=b;service=c;}"},
        Row{"SeveralLines", {"Negotiate", "Basic realm=a"}, "negotiate{}basic{realm=a;}"},
        Row{"TokenSixtyEight", {"Negotiate YWJj+/-._~==, Basic realm=a"}, "negotiate[YWJj+/-._~==]{}basic{realm=a;}"},
        Row{"Escapes", {R"(Basic realm="a \"quoted\" \\ word")"}, R"(basic{realm=a "quoted" \ word;})"},
        Row{"CommaInQuotes",
            {R"(Basic realm="a, Bearer realm=b", charset="UTF-8")"},
            "basic{charset=UTF-8;realm=a, Bearer realm=b;}"},
        Row{"CaseOfSchemeAndNames", {R"(BEARER Realm="A",SERVICE="B")"}, "bearer{realm=A;service=B;}"},
        Row{"OddBlanks", {"  ,, Bearer \t realm = \"a\" ,\tservice= b  ,"}, "bearer{realm=a;service=b;}"},
        Row{"NoBlankAfterComma", {R"(Basic realm="a",Bearer realm="b")"}, "basic{realm=a;}bearer{realm=b;}"},
        Row{"UnquotedUrl",
            {"Bearer realm=https://a.example/token,service=b"},
            "bearer{realm=https://a.example/token;service=b;}"},
        Row{"RepeatedParameterKeepsFirst", {R"(Basic realm="a",realm="b")"}, "basic{realm=a;}"},
        Row{"EmptyValue", {R"(Basic realm="",charset=)"}, "basic{charset=;realm=;}"},
        Row{"UnterminatedString", {R"(Basic charset=x, realm="a)"}, "basic{charset=x;}"},
        Row{"BackslashAtTheEnd", {R"(Basic realm="a\)"}, "basic{}"},
        Row{"ParameterWithoutScheme", {R"(realm="a", Basic realm="b")"}, "basic{realm=b;}"},
        Row{"Rubbish", {"=;@, \"x\", Basic realm=a"}, "basic{realm=a;}"}, Row{"Empty", {""}, ""},
        Row{"Nothing", {}, ""}),
    [](const auto& row) { return row.param.name; });

TEST(ParseChallengesLimits, StopAtSoMany) {
  std::string line;
  for (int i = 0; i < 1000; ++i) line += "Basic realm=a, ";
  EXPECT_EQ(parse_challenges({line}).size(), limits::max_challenges);

  line = "Basic a0=0";
  for (int i = 1; i < 1000; ++i) line += ",a" + std::to_string(i) + "=0";
  const auto challenges = parse_challenges({line});
  ASSERT_EQ(challenges.size(), 1U);
  EXPECT_EQ(challenges[0].parameters.size(), limits::max_challenge_parameters);
}

}  // namespace
}  // namespace challenge_test
}  // namespace dray::http
