#include <gtest/gtest.h>

#include <dray/format/json_patch.hpp>

namespace dray {
namespace json_patch_test {
namespace {

JsonPatch patch_of(std::string text) { return JsonPatch::of(std::move(text)).value(); }

TEST(JsonPatch, WithoutChangesTheTextIsTheSame) {
  const std::string text = " {\n\t\"a\" : [ 1.50, {\"b\":null } , [] ],\"c\\u0064\": \"\\\"}\" }\n";
  const auto patch = patch_of(text);
  EXPECT_FALSE(patch.changes());
  EXPECT_EQ(patch.text(), text);
  ASSERT_NE(patch.root().find("cd"), nullptr);
  EXPECT_EQ(patch.root().find("a")->elements.size(), 3U);
  EXPECT_EQ(patch.root().find("c"), nullptr);
}

struct Row {
  const char* name;
  const char* before;
  const char* set;    // the member that is set to 7; empty: none
  const char* erase;  // empty: none
  const char* after;
};
class JsonPatchRow : public ::testing::TestWithParam<Row> {};

TEST_P(JsonPatchRow, ChangesNothingElse) {
  auto patch = patch_of(GetParam().before);
  if (*GetParam().set != '\0') patch.set(patch.root(), GetParam().set, 7);
  if (*GetParam().erase != '\0') patch.erase(patch.root(), GetParam().erase);
  EXPECT_EQ(patch.text(), GetParam().after);
  EXPECT_TRUE(Json::parse(patch.text()));
}

const Row rows[] = {
    {"ReplacesInPlace", R"({"a" :  [1,{}] , "b":2})", "a", "", R"({"a" :  7 , "b":2})"},
    {"AddsAsTheLastOneIsWritten", "{\n   \"a\": 1,\n   \"b\": 2\n}", "c", "",
     "{\n   \"a\": 1,\n   \"b\": 2,\n   \"c\": 7\n}"},
    {"AddsBehindASingleMember", "{ \"a\" : 1 }", "b", "", "{ \"a\" : 1, \"b\" : 7 }"},
    {"AddsToAnEmptyObject", "{}", "a", "", R"({"a":7})"},
    {"ErasesTheLast", "{\n  \"a\": 1,\n  \"b\": {\"c\": 2}\n}", "", "b", "{\n  \"a\": 1\n}"},
    {"ErasesTheFirst", R"({ "a": 1, "b": 2})", "", "a", R"({ "b": 2})"},
    {"ErasesOneBetween", R"({"a":1,"b":2,"c":3})", "", "b", R"({"a":1,"c":3})"},
    {"ErasesTheOnlyOne", R"({"a":1})", "", "a", "{}"},
    {"ErasesNothing", R"({"a":1})", "", "b", R"({"a":1})"},
    {"SetsBesideWhatIsErased", R"({"a":1,"b":2})", "a", "b", R"({"a":7})"},
    {"AddsWhereTheLastIsErased", R"({"a":1,"b":2})", "c", "b", R"({"a":1,"c":7})"},
};
INSTANTIATE_TEST_SUITE_P(Table, JsonPatchRow, ::testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

TEST(JsonPatch, WhatWasAddedCanBeTakenAwayAgain) {
  const std::string text = "{\n   \"size\": 1,\n   \"digest\": \"x\"\n}";
  auto added = patch_of(text);
  added.set(added.root(), "urls", Json::Array{"https://files.example/x"});
  auto taken = patch_of(added.text());
  taken.erase(taken.root(), "urls");
  EXPECT_EQ(taken.text(), text);
}

TEST(JsonPatch, ErasesAnyMembersOfOneObject) {
  const std::string text = R"({"a":1, "b":2, "c":3, "d":4})";
  const char* const names[] = {"a", "b", "c", "d"};
  for (unsigned chosen = 0; chosen < 16; ++chosen) {
    auto patch = patch_of(text);
    Json expected{Json::Object{}};
    for (unsigned i = 0; i < 4; ++i) {
      if ((chosen >> i & 1U) != 0) {
        patch.erase(patch.root(), names[i]);
      } else {
        expected.set(names[i], static_cast<int>(i) + 1);
      }
    }
    EXPECT_EQ(Json::parse(patch.text()).value(), expected) << patch.text();
    patch.set(patch.root(), "e", 5);
    patch.set(patch.root(), "f", 6);
    expected.set("e", 5);
    expected.set("f", 6);
    EXPECT_EQ(Json::parse(patch.text()).value(), expected) << patch.text();
  }
}

TEST(JsonPatch, ErasesElementsAndWhatWasSetInThem) {
  auto patch = patch_of(R"({"list": [ {"a":1}, {"a":2}, {"a":3} ]})");
  const auto& list = *patch.root().find("list");
  patch.set(list.elements[0], "a", 7);
  patch.set(list.elements[1], "b", 8);
  patch.set(list.elements[2], "a", 9);
  patch.erase_element(list, 1);
  patch.erase_element(list, 2);
  EXPECT_EQ(patch.text(), R"({"list": [ {"a":7} ]})");
  patch.erase_element(list, 0);
  EXPECT_EQ(patch.text(), R"({"list": [  ]})");
}

TEST(JsonPatch, AddsSeveralMembersToAnEmptyObject) {
  auto patch = patch_of("{ }");
  patch.set(patch.root(), "a", 1);
  patch.set(patch.root(), "b", 2);
  EXPECT_EQ(patch.text(), R"({"a":1,"b":2 })");
}

TEST(JsonPatch, RefusesWhatTheParserRefuses) {
  EXPECT_EQ(JsonPatch::of(R"({"a":1,"a":2})").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(JsonPatch::of(std::string(100, '[') + std::string(100, ']')).error().code(), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace json_patch_test
}  // namespace dray
