#include <gtest/gtest.h>
#include <dray/http/challenge.hpp>

#include <string>

namespace dray::http {
namespace link_test {
namespace {

struct Row {
  const char* name;
  std::vector<std::string_view> lines;
  std::optional<std::string> expected;
};

class ParseNextLink : public ::testing::TestWithParam<Row> {};

TEST_P(ParseNextLink, FindsWhatIsListed) { EXPECT_EQ(parse_next_link(GetParam().lines), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Table, ParseNextLink,
    ::testing::Values(
        Row{"Distribution", {R"(</v2/a/tags/list?last=x&n=100>; rel="next")"}, "/v2/a/tags/list?last=x&n=100"},
        Row{"Absolute",
            {R"(<https://r.example/v2/_catalog?last=x>; rel="next")"},
            "https://r.example/v2/_catalog?last=x"},
        Row{"BareRelation", {"</a>; rel=next"}, "/a"}, Row{"NoBlanks", {"</a>;rel=next"}, "/a"},
        Row{"OddBlanks", {" < /a > ;\trel = \"next\" "}, "/a"}, Row{"UpperCase", {R"(</a>; REL="Next")"}, "/a"},
        Row{"OneOfSeveralRelations", {R"(</a>; rel="last next")"}, "/a"},
        Row{"SecondLink", {R"(</a>; rel="prev", </b>; rel="next")"}, "/b"},
        Row{"SecondLine", {R"(</a>; rel="prev")", R"(</b>; rel="next")"}, "/b"},
        Row{"FirstOfTwo", {R"(</a>; rel="next", </b>; rel="next")"}, "/a"},
        Row{"CommaInTarget", {R"(</a,b>; rel="next")"}, "/a,b"},
        Row{"CommaAndBracketInTitle", {R"(</a>; title="x, </c>; rel=next"; rel="prev", </b>; rel="next")"}, "/b"},
        Row{"OtherParameterBefore", {R"(</a>; type="x;y"; rel="next")"}, "/a"},
        Row{"OnlyFirstRelCounts", {"</a>; rel=prev; rel=next"}, std::nullopt},
        Row{"LookAlike", {"</a>; rel=nextpage"}, std::nullopt}, Row{"OtherParameter", {"</a>; rev=next"}, std::nullopt},
        Row{"NoParameters", {"</a>"}, std::nullopt}, Row{"ParameterWithoutValue", {"</a>; rel; x; rel=next"}, "/a"},
        Row{"NoBrackets", {R"(/a; rel="next")"}, std::nullopt}, Row{"Unclosed", {R"(</a; rel="next")"}, std::nullopt},
        Row{"UnterminatedString", {R"(</a>; rel="next)"}, std::nullopt}, Row{"Empty", {""}, std::nullopt},
        Row{"Nothing", {}, std::nullopt}),
    [](const auto& row) { return row.param.name; });

TEST(ParseNextLinkLimits, StopsAtSoMany) {
  std::string line;
  for (int i = 0; i < 100; ++i) line += "</a>; rel=prev, ";
  EXPECT_EQ(parse_next_link({line + "</b>; rel=next"}), std::nullopt);
}

}  // namespace
}  // namespace link_test
}  // namespace dray::http
