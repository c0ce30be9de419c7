#include "json_edit.hpp"

#include <gtest/gtest.h>

namespace dray::settings {
namespace json_edit_test {
namespace {

using Path = std::vector<std::string>;

Json entry() { return Json::parse(R"({"auth":"QQ=="})").value(); }

struct SetCase {
  const char* name;
  const char* before;
  Path path;
  const char* after;
};
class SetMember : public ::testing::TestWithParam<SetCase> {};
TEST_P(SetMember, ChangesItAndNothingElse) {
  const auto& row = GetParam();
  const auto after = set_member(row.before, row.path, entry());
  ASSERT_TRUE(after.has_value()) << after.error().message();
  EXPECT_EQ(*after, row.after);
  EXPECT_TRUE(Json::parse(*after).has_value());
}
const SetCase set_cases[] = {
    {"EmptyObject",
     "{}\n",
     {"auths", "a"},
     "{\n\t\"auths\": {\n\t\t\"a\": {\n\t\t\t\"auth\": \"QQ==\"\n\t\t}\n\t}\n}\n"},
    {"DockersTabs",
     "{\n\t\"auths\": {\n\t\t\"b\": {}\n\t},\n\t\"psFormat\": \"x\"\n}",
     {"auths", "a"},
     "{\n\t\"auths\": {\n\t\t\"b\": {},\n\t\t\"a\": {\n\t\t\t\"auth\": \"QQ==\"\n\t\t}\n\t},\n\t\"psFormat\": "
     "\"x\"\n}"},
    {"TwoBlanksAndNoAuths",
     "{\n  \"psFormat\": \"x\"\n}\n",
     {"auths", "a"},
     "{\n  \"psFormat\": \"x\",\n  \"auths\": {\n    \"a\": {\n      \"auth\": \"QQ==\"\n    }\n  }\n}\n"},
    {"OneLine", R"({"x":1,"auths":{"b":{}}})", {"auths", "a"}, R"({"x":1,"auths":{"b":{},"a":{"auth":"QQ=="}}})"},
    {"OneLineWithBlanks", R"({ "x" : 1 })", {"auths", "a"}, R"({ "x" : 1,"auths":{"a":{"auth":"QQ=="}} })"},
    {"ReplacesInItsPlace",
     R"({"auths":{"a":{"auth":"old","email":"}"},"b":{}},"z":[1,2,{"auths":{}}]})",
     {"auths", "a"},
     R"({"auths":{"a":{"auth":"QQ=="},"b":{}},"z":[1,2,{"auths":{}}]})"},
    {"EmptyAuths",
     "{\n    \"auths\": {}\n}",
     {"auths", "a"},
     "{\n    \"auths\": {\n        \"a\": {\n            \"auth\": \"QQ==\"\n        }\n    }\n}"},
    {"NullAuths", R"({"auths":null,"x":1})", {"auths", "a"}, R"({"auths":{"a":{"auth":"QQ=="}},"x":1})"},
    {"QuotesBracesAndEscapes",
     R"({"x":"\"{,}[\\","y":-1.5e3,"t":true,"auths":{"\u0061b":{}}})",
     {"auths", "ab"},
     R"({"x":"\"{,}[\\","y":-1.5e3,"t":true,"auths":{"\u0061b":{"auth":"QQ=="}}})"},
    {"OtherCaseIsAnotherKey",
     R"({"AUTHS":{"a":1},"auths":{}})",
     {"auths", "a"},
     R"({"AUTHS":{"a":1},"auths":{"a":{"auth":"QQ=="}}})"},
};
INSTANTIATE_TEST_SUITE_P(Table, SetMember, ::testing::ValuesIn(set_cases),
                         [](const auto& row) { return std::string(row.param.name); });

class EraseMember : public ::testing::TestWithParam<SetCase> {};
TEST_P(EraseMember, TakesItOutAndNothingElse) {
  const auto& row = GetParam();
  const auto after = erase_member(row.before, row.path);
  ASSERT_TRUE(after.has_value()) << after.error().message();
  EXPECT_EQ(*after, row.after);
}
const SetCase erase_cases[] = {
    {"Only", "{\n\t\"auths\": {\n\t\t\"a\": {}\n\t}\n}", {"auths", "a"}, "{\n\t\"auths\": {}\n}"},
    {"First", R"({"auths":{"a":{}, "b":{}}})", {"auths", "a"}, R"({"auths":{"b":{}}})"},
    {"Middle", R"({"auths":{"c":1, "a":{}, "b":{}}})", {"auths", "a"}, R"({"auths":{"c":1, "b":{}}})"},
    {"Last", "{\"auths\":{\n\"b\":{},\n\"a\":{}\n}}", {"auths", "a"}, "{\"auths\":{\n\"b\":{}\n}}"},
    {"Absent", R"({ "auths":{"b":{}}})", {"auths", "a"}, R"({ "auths":{"b":{}}})"},
    {"NoAuths", R"({"x":{"a":1}})", {"auths", "a"}, R"({"x":{"a":1}})"},
    {"NullAuths", R"({"auths":null})", {"auths", "a"}, R"({"auths":null})"},
};
INSTANTIATE_TEST_SUITE_P(Table, EraseMember, ::testing::ValuesIn(erase_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(EditMember, OnTheWayMustBeObjects) {
  EXPECT_EQ(set_member(R"({"auths":[]})", {"auths", "a"}, entry()).error().message(), "\"auths\" is no object");
  EXPECT_EQ(erase_member(R"({"auths":"a"})", {"auths", "a"}).error().message(), "\"auths\" is no object");
}

}  // namespace
}  // namespace json_edit_test
}  // namespace dray::settings
