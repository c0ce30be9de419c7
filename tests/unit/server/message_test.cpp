#include <gtest/gtest.h>
#include <dray/server/message.hpp>

namespace dray::server {
namespace message_test {
namespace {

TEST(ServerMethod, EveryNameReadsBack) {
  for (const auto method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options}) {
    EXPECT_EQ(parse_method(name(method)), method);
  }
  EXPECT_EQ(parse_method("get"), Method::other);
  EXPECT_EQ(parse_method("TRACE"), Method::other);
  EXPECT_EQ(parse_method(""), Method::other);
}

TEST(ServerRequest, FindsTheFirstParameterAndAllOfThem) {
  Request request;
  request.query = {{"tag", "a"}, {"n", ""}, {"tag", "b"}};
  ASSERT_NE(request.parameter("tag"), nullptr);
  EXPECT_EQ(*request.parameter("tag"), "a");
  EXPECT_EQ(*request.parameter("n"), "");
  EXPECT_EQ(request.parameter("last"), nullptr);
  EXPECT_EQ(request.parameters("tag"), (std::vector<std::string_view>{"a", "b"}));
}

TEST(ServerBody, TellsItsSizeWhereItIsKnown) {
  EXPECT_EQ(size_of(Body(std::string("abc"))), 3U);
  EXPECT_EQ(size_of(Body(std::make_shared<const std::string>("ab"))), 2U);
  EXPECT_EQ(size_of(Body(FileBody{{}, {5, 25}})), 20U);
  EXPECT_EQ(size_of(Body(StreamBody{nullptr, std::nullopt})), std::nullopt);
}

}  // namespace
}  // namespace message_test
}  // namespace dray::server
