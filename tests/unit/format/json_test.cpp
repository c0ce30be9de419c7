#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <limits>
#include <random>

namespace dray {
namespace json_test {
namespace {

using ::testing::HasSubstr;

Json parsed(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << json.error().message();
  return json ? *json : Json();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonParse, ReadsEachKindOfValue) {
  const Json json =
      parsed(R"({"n":null,"t":true,"f":false,"i":-7,"u":18446744073709551615,"d":1.5,"s":"x","a":[1],"o":{}})");
  EXPECT_TRUE(json.find("n")->is_null());
  EXPECT_TRUE(*json.find("t")->as_bool());
  EXPECT_FALSE(*json.find("f")->as_bool());
  EXPECT_EQ(json.find("i")->as_int(), -7);
  EXPECT_EQ(json.find("u")->as_uint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(json.find("u")->as_int(), std::nullopt);
  EXPECT_EQ(std::get<double>(json.find("d")->value()), 1.5);
  EXPECT_EQ(*json.find("s")->as_string(), "x");
  EXPECT_EQ(json.find("a")->as_array()->size(), 1U);
  EXPECT_TRUE(json.find("o")->as_object()->empty());
  EXPECT_EQ(json.find("missing"), nullptr);
}

TEST(JsonParse, KeepsTheOrderOfMembers) {
  EXPECT_EQ(parsed(R"({"z":1,"a":2,"m":3})").dump(), R"({"z":1,"a":2,"m":3})");
}

TEST(JsonParse, KeepsIntegersAtTheEndsOf64Bits) {
  EXPECT_EQ(parsed("9223372036854775807").as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parsed("9223372036854775808").as_uint(), 1ULL << 63U);
  EXPECT_EQ(parsed("9223372036854775808").as_int(), std::nullopt);
  EXPECT_EQ(parsed("-9223372036854775808").as_int(), std::numeric_limits<std::int64_t>::min());
}

TEST(JsonParse, ReadsDoublesCorrectlyRounded) {
  for (const double wanted : {0.1, 1e23, 5e-324, 1.7976931348623157e308, 9007199254740993.5, 123456.789e-30}) {
    EXPECT_EQ(std::get<double>(parsed(Json(wanted).dump()).value()), wanted);
  }
  EXPECT_EQ(std::get<double>(parsed("0." + std::string(400, '0') + "1").value()), 0.0);
  EXPECT_EQ(std::get<double>(parsed("1e-999").value()), 0.0);
}

TEST(JsonParse, ReadsEscapesInStringsAndKeys) {
  EXPECT_EQ(*parsed(R"("\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00")").as_string(), "\"\\/\b\f\n\r\tA\u00e9\U0001f600");
  EXPECT_NE(parsed(R"({"\u0061b":1})").find("ab"), nullptr);
  EXPECT_EQ(*parsed(R"("a\u0000b")").as_string(), std::string("a\0b", 3));
}

TEST(JsonParse, TakesBlanksAroundTheValue) { EXPECT_EQ(parsed(" \t\r\n 1 \n\n").as_int(), 1); }

TEST(JsonParse, TakesDepthUpToTheLimit) {
  EXPECT_TRUE(Json::parse(nested(limits::max_json_depth)));
  const auto json = Json::parse(nested(limits::max_json_depth + 1));
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code(), ErrorCode::limit_exceeded);
  EXPECT_THAT(json.error().message(), HasSubstr("more than 64 deep"));
}

TEST(JsonParse, SurvivesAMillionOpenBrackets) {
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_FALSE(Json::parse(objects));
}

TEST(JsonParse, RefusesTooManyValues) {
  std::string text = "[0";
  for (std::size_t i = 0; i < limits::max_json_values; ++i) text += ",0";
  text += "]";
  const auto json = Json::parse(text);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code(), ErrorCode::limit_exceeded);
}

std::string object_of(std::size_t members, std::string_view extra_key) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  return text + '"' + std::string(extra_key) + "\":1}";
}

TEST(JsonParse, RefusesADuplicateKeyInObjectsOfEachSize) {
  for (const std::size_t members : {1UL, 2UL, 15UL, 16UL, 17UL, 1000UL, 5000UL}) {
    EXPECT_TRUE(Json::parse(object_of(members, "other"))) << members;
    for (const std::size_t twin : {0UL, members / 2, members - 1}) {
      const std::string key = "k" + std::to_string(twin);
      const auto json = Json::parse(object_of(members, key));
      ASSERT_FALSE(json) << members << " members, twin " << key;
      EXPECT_THAT(json.error().message(), HasSubstr("the key \"" + key + "\" occurs twice"));
    }
  }
}

TEST(JsonParse, ShowsLongAndHostileKeysInPart) {
  const std::string key = std::string(63, 'k') + "\u00e9" + std::string(100'000, 'k');
  const auto json = Json::parse("{\"" + key + "\":1,\"" + key + "\":2}");
  ASSERT_FALSE(json);
  EXPECT_THAT(json.error().message(), HasSubstr("\"" + std::string(63, 'k') + "\u00e9...\" occurs twice"));
  EXPECT_THAT(Json::parse(R"({"\u001b[2J":1,"\u001b[2J":2})").error().message(), HasSubstr("the key \"?[2J\" occurs"));
}

struct Refusal {
  const char* name;
  std::string text;
  std::string says;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class JsonRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(JsonRefuses, WithPositionAndSentence) {
  const auto json = Json::parse(GetParam().text);
  ASSERT_FALSE(json) << json->dump();
  EXPECT_EQ(json.error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(json.error().message(), "json: " + GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Table, JsonRefuses,
    ::testing::Values(
        Refusal{"Nothing", "", "line 1, column 1: the document ends too soon"},
        Refusal{"BlanksAlone", " \n", "line 2, column 1: the document ends too soon"},
        Refusal{"OpenObject", "{\"a\":1", "line 1, column 7: the document ends too soon"},
        Refusal{"OpenString", "\"abc", "line 1, column 5: the document ends too soon"},
        Refusal{"ByteOrderMark", "\xef\xbb\xbf{}",
                "line 1, column 1: the document begins with a byte order mark; it must begin with the value"},
        Refusal{"TwoValues", "{}\n{}", "line 2, column 1: something follows the end of the document"},
        Refusal{"TrailingNul", std::string("1 \0", 3), "line 1, column 3: something follows the end of the document"},
        Refusal{"DuplicateKey", "{\"a\":1,\n \"a\":2}", "line 2, column 4: the key \"a\" occurs twice in one object"},
        Refusal{"DuplicateKeyByEscape", R"({"a":1,"\u0061":2})",
                "line 1, column 15: the key \"a\" occurs twice in one object"},
        Refusal{"DuplicateEmptyKey", R"({"":1,"":2})", "line 1, column 8: the key \"\" occurs twice in one object"},
        Refusal{"DuplicateKeyInside", R"([{"x":{"a":1,"a":2}}])",
                "line 1, column 16: the key \"a\" occurs twice in one object"},
        Refusal{"IntegerOf2To64", "18446744073709551616", "line 1, column 21: an integer does not fit into 64 bits"},
        Refusal{"IntegerBelowMinus2To63", "-9223372036854775809",
                "line 1, column 21: an integer does not fit into 64 bits"},
        Refusal{"IntegerOf40Digits", "[1234567890123456789012345678901234567890]",
                "line 1, column 42: an integer does not fit into 64 bits"},
        Refusal{"DoubleTooLarge", "1e999", "line 1, column 6: a number is too large"},
        Refusal{"TrailingComma", "[1,]", "line 1, column 4: \"]\" is not what JSON allows here"},
        Refusal{"SingleQuotes", "{'a':1}", "line 1, column 2: \"'\" is not what JSON allows here"},
        Refusal{"Comment", "/*x*/1", "line 1, column 1: \"/\" is not what JSON allows here"},
        Refusal{"NotANumber", "NaN", "line 1, column 1: \"N\" is not what JSON allows here"},
        Refusal{"ControlCharacter", "\"a\nb\"",
                "line 1, column 3: the control character 0x0a stands where none may be"},
        Refusal{"LoneHighSurrogate", R"("\ud800\u0041")",
                "line 1, column 10: a \\u escape is half of a surrogate pair"},
        Refusal{"LoneLowSurrogate", R"("\udc00")", "line 1, column 8: a \\u escape is half of a surrogate pair"},
        Refusal{"NotUtf8", "\"ab\xff\"", "line 1, column 4: these bytes are not UTF-8"}),
    [](const auto& test) { return test.param.name; });

class JsonRefusesText : public ::testing::TestWithParam<Refusal> {};

TEST_P(JsonRefusesText, AtAll) { EXPECT_FALSE(Json::parse(GetParam().text)); }

INSTANTIATE_TEST_SUITE_P(
    Table, JsonRefusesText,
    ::testing::Values(Refusal{"LeadingZero", "01", ""}, Refusal{"LeadingPlus", "+1", ""},
                      Refusal{"BarePoint", "1.", ""}, Refusal{"PointFirst", ".5", ""},
                      Refusal{"BareExponent", "1e", ""}, Refusal{"MinusAlone", "-", ""}, Refusal{"Hex", "0x10", ""},
                      Refusal{"Infinity", "Infinity", ""}, Refusal{"CapitalTrue", "True", ""},
                      Refusal{"HalfTrue", "tru", ""}, Refusal{"KeyWithoutValue", "{\"a\"}", ""},
                      Refusal{"NumberAsKey", "{1:2}", ""}, Refusal{"TrailingCommaInObject", "{\"a\":1,}", ""},
                      Refusal{"CrossedBrackets", "[{]}", ""}, Refusal{"UnknownEscape", R"("\x41")", ""},
                      Refusal{"OverlongUtf8", "\"\xc0\xaf\"", ""}, Refusal{"SurrogateInUtf8", "\"\xed\xa0\x80\"", ""},
                      Refusal{"AboveUnicode", "\"\xf4\x90\x80\x80\"", ""}, Refusal{"CutUtf8", "\"\xe2\x82\"", ""},
                      Refusal{"NotUtf8InKey", "{\"\xfe\":1}", ""}, Refusal{"Utf16", std::string("[\0]\0", 4), ""},
                      Refusal{"FormFeed", "\f1", ""}),
    [](const auto& test) { return test.param.name; });

TEST(JsonParse, RefusesEveryPrefixOfAnObject) {
  const std::string text = R"({"a":[1,2.5e3,"x\u00e9\n",null,true,{"b":false}],"c":"d"})";
  ASSERT_TRUE(Json::parse(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(Json::parse(std::string_view(text).substr(0, length))) << length;
  }
}

TEST(JsonWrite, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(Json("\"\\/\b\f\n\r\t\x01\x1f\x7f\u00e9<>&").dump(),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e9<>&\"");
  EXPECT_EQ(Json(std::string("a\0b", 3)).dump(), "\"a\\u0000b\"");
}

TEST(JsonWrite, ReplacesWhatIsNoUtf8) { EXPECT_EQ(Json("a\xff\xe2\x82z").dump(), "\"a\ufffd\ufffd\ufffdz\""); }

TEST(JsonWrite, WritesNumbersShortAndExact) {
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(-0.0).dump(), "-0.0");
  EXPECT_EQ(Json(1e300).dump(), "1e+300");
  EXPECT_EQ(Json(std::nan("")).dump(), "null");
  EXPECT_EQ(Json(std::numeric_limits<std::uint64_t>::max()).dump(), "18446744073709551615");
  EXPECT_EQ(Json(std::numeric_limits<std::int64_t>::min()).dump(), "-9223372036854775808");
}

TEST(JsonWrite, IndentsForPeople) {
  const Json json = parsed(R"({"a":[1,{}],"b":[],"c":{"d":null}})");
  EXPECT_EQ(json.pretty(), R"({
  "a": [
    1,
    {}
  ],
  "b": [],
  "c": {
    "d": null
  }
}
)");
  EXPECT_EQ(json.pretty_with_indent(3).substr(0, 12), "{\n   \"a\": [\n");
}

TEST(JsonValue, EqualsAcrossIntegerTypes) { EXPECT_EQ(Json(std::uint64_t{7}), Json(7)); }

TEST(JsonValue, SetKeepsThePlaceOfAnOldMember) {
  Json json = parsed(R"({"a":1,"b":2})");
  json.set("a", "new");
  json.set("c", true);
  EXPECT_EQ(json.dump(), R"({"a":"new","b":2,"c":true})");
  json.erase("b");
  json.erase("not there");
  EXPECT_EQ(json.dump(), R"({"a":"new","c":true})");
}

TEST(JsonValue, SetTurnsNullIntoAnObject) {
  Json json;
  json.set("a", 1);
  EXPECT_EQ(json.dump(), R"({"a":1})");
}

/// Seeded, so that a failure comes back.
Json random_json(std::mt19937_64& random, int depth) {
  const auto pick = [&random](std::uint64_t below) { return random() % below; };
  switch (pick(depth > 0 ? 8 : 6)) {
    case 0:
      return {};
    case 1:
      return Json(pick(2) == 0);
    case 2:
      return Json(static_cast<std::int64_t>(random()));
    case 3:
      return Json(random());
    case 4: {
      const double number = std::bit_cast<double>(random());
      return std::isfinite(number) ? Json(number) : Json(0.5);
    }
    case 5: {
      std::string text;
      for (auto n = pick(8); n > 0; --n)
        text += std::array{"a", "\"", "\\", "\n", "\u00e9", "\U0001f600", "\x01", "/"}[pick(8)];
      return Json(std::move(text));
    }
    case 6: {
      Json::Array array;
      for (auto n = pick(5); n > 0; --n) array.push_back(random_json(random, depth - 1));
      return Json(std::move(array));
    }
    default: {
      Json object(Json::Object{});
      for (auto n = pick(30); n > 0; --n) object.set("k" + std::to_string(pick(1000)), random_json(random, depth - 1));
      return object;
    }
  }
}

TEST(JsonWrite, ReadsBackAsTheSameValue) {
  std::mt19937_64 random(20240501);
  for (int i = 0; i < 500; ++i) {
    const Json json = random_json(random, 4);
    EXPECT_EQ(parsed(json.dump()), json) << json.dump();
    EXPECT_EQ(parsed(json.pretty()), json);
  }
}

}  // namespace
}  // namespace json_test
}  // namespace dray
