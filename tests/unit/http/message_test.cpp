#include <gtest/gtest.h>
#include <dray/http/message.hpp>

namespace dray::http {
namespace message_test {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("content-type", "b");
  headers.add("Other", "c");
  ASSERT_NE(headers.find("CONTENT-TYPE"), nullptr);
  EXPECT_EQ(*headers.find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.all("Content-type"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(headers.find("Content"), nullptr);
}

TEST(Headers, SetReplacesEveryLineOfThatName) {
  Headers headers;
  headers.add("A", "1");
  headers.add("B", "2");
  headers.add("a", "3");
  headers.set("A", "4");
  EXPECT_EQ(headers.lines(), (std::vector<std::pair<std::string, std::string>>{{"B", "2"}, {"A", "4"}}));
  headers.remove("b");
  EXPECT_EQ(headers.lines().size(), 1U);
}

TEST(ResponseHead, KnowsItsLengthOnlyWhenItIsOnePlainNumber) {
  struct Row {
    std::vector<std::string> lines;
    std::optional<std::uint64_t> expected;
  };
  for (const auto& row :
       {Row{{"12"}, 12}, Row{{" 12 "}, 12}, Row{{"0"}, 0}, Row{{}, std::nullopt}, Row{{"12", "12"}, std::nullopt},
        Row{{"-1"}, std::nullopt}, Row{{"+1"}, std::nullopt}, Row{{"1x"}, std::nullopt}, Row{{""}, std::nullopt},
        Row{{"18446744073709551615"}, 18446744073709551615U}, Row{{"18446744073709551616"}, std::nullopt}}) {
    ResponseHead head{200, {}, *Url::parse("http://a/"), AddressClass::global};
    for (const auto& line : row.lines) head.headers.add("Content-Length", line);
    EXPECT_EQ(head.content_length(), row.expected) << ::testing::PrintToString(row.lines);
  }
}

TEST(TextBody, OpensAgainFromItsBeginning) {
  const auto body = text_body("hello");
  EXPECT_EQ(body.size, 5U);
  for (int i = 0; i < 2; ++i) {
    auto source = body.open();
    ASSERT_TRUE(source);
    EXPECT_EQ(read_all(**source, 100).value_or(""), "hello");
  }
}

TEST(MethodName, IsWhatTheWireSays) {
  EXPECT_EQ(name(Method::get), "GET");
  EXPECT_EQ(name(Method::head), "HEAD");
  EXPECT_EQ(name(Method::post), "POST");
  EXPECT_EQ(name(Method::put), "PUT");
  EXPECT_EQ(name(Method::patch), "PATCH");
  EXPECT_EQ(name(Method::del), "DELETE");
}

}  // namespace
}  // namespace message_test
}  // namespace dray::http
