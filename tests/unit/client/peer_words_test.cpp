#include "peer_words.hpp"

#include <gtest/gtest.h>

#include <dray/core/limits.hpp>

namespace dray::client {
namespace peer_words_test {
namespace {

struct WordsCase {
  const char* name;
  const char* body;
  const char* code;
  const char* words;
};

class ReadPeerError : public ::testing::TestWithParam<WordsCase> {};

TEST_P(ReadPeerError, Understands) {
  const auto error = read_peer_error(GetParam().body);
  EXPECT_EQ(error.code, GetParam().code);
  EXPECT_EQ(error.words, GetParam().words);
}

const WordsCase words_cases[] = {
    {"Spec", R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})", "MANIFEST_UNKNOWN",
     "manifest unknown"},
    {"DetailIsText", R"({"errors":[{"code":"DENIED","message":"no","detail":"why"}]})", "DENIED", "no: why"},
    {"DetailIsObject", R"({"errors":[{"code":"X","message":"m","detail":{"Tag":"1"}}]})", "X", R"(m: {"Tag":"1"})"},
    {"DetailIsEmptyObject", R"({"errors":[{"code":"X","message":"m","detail":{}}]})", "X", "m"},
    {"DetailIsNull", R"({"errors":[{"code":"X","message":"m","detail":null}]})", "X", "m"},
    {"DetailIsArray", R"({"errors":[{"code":"X","message":"m","detail":[1]}]})", "X", "m: [1]"},
    {"Several", R"({"errors":[{"code":"A","message":"a"},{"code":"B","message":"b"}]})", "A", "a; b"},
    {"TextEntries", R"({"errors":["bad"]})", "", "bad"},
    {"OAuth", R"({"error":"invalid_grant","error_description":"no such user"})", "invalid_grant", "no such user"},
    {"HubTokenServer", R"({"details":"incorrect username or password"})", "", "incorrect username or password"},
    {"Message", R"({"message":"nope"})", "", "nope"},
    {"EmptyErrors", R"({"errors":[]})", "", R"({"errors":[]})"},
    {"PlainText", "404 page not found\n", "", "404 page not found"},
    {"Html", "<html><head><title>403 Forbidden</title></head>\n<body>no</body></html>", "", "403 Forbidden no"},
    {"ControlCharacters", "a\x1b[31m\x07 b\r\nc", "", "a [31m b c"},
    {"C1Control",
     "a\xC2\x9B"
     "31mb",
     "", "a 31mb"},
    {"Direction",
     "a\xE2\x80\xAE"
     "b",
     "", "ab"},
    {"NotUtf8",
     "a\xFF"
     "b",
     "",
     "a\xEF\xBF\xBD"
     "b"},
    {"CutUtf8", "a\xE2\x80", "", "a\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"Empty", "", "", ""},
    {"EscapedControlInJson", R"({"errors":[{"code":"X\u001b","message":"\u001b]0;evil\u0007"}]})", "X", "]0;evil"},
};
INSTANTIATE_TEST_SUITE_P(Table, ReadPeerError, ::testing::ValuesIn(words_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(CleanWords, ShortensLongText) {
  const auto words = clean_words(std::string(100'000, 'x'));
  EXPECT_LE(words.size(), limits::max_peer_words_chars + 3);
  EXPECT_TRUE(words.ends_with("…"));
}

}  // namespace
}  // namespace peer_words_test
}  // namespace dray::client
