#include <gtest/gtest.h>

#include <dray/client/repository.hpp>

namespace dray::client {
namespace link_expiry_test {
namespace {

struct LinkCase {
  const char* name;
  const char* query;
  long seconds;  // -1: unknown
};

class LinkExpiry : public ::testing::TestWithParam<LinkCase> {};

TEST_P(LinkExpiry, IsReadFromTheQuery) {
  const auto url = http::Url::parse(std::string("https://cdn.example/blob?") + GetParam().query).value();
  const auto expiry = link_expiry(url);
  const long seconds =
      expiry ? std::chrono::duration_cast<std::chrono::seconds>(expiry->time_since_epoch()).count() : -1;
  EXPECT_EQ(seconds, GetParam().seconds);
}

const LinkCase link_cases[] = {
    {"Azure", "sv=2019-02-02&sr=b&sig=x%3D&se=2020-09-13T12%3A26%3A40Z&sp=r", 1'600'000'000},
    {"MicrosoftCdn", "P1=1600000000&P2=404&P3=2&P4=abc", 1'600'000'000},
    {"Aws4", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20200913T122640Z&X-Amz-Expires=1200&X-Amz-Signature=0",
     1'600'001'200},
    {"Google4", "X-Goog-Date=20200913T122640Z&X-Goog-Expires=60", 1'600'000'060},
    {"CloudFront", "Expires=1600000000&Signature=x&Key-Pair-Id=y", 1'600'000'000},
    {"Exp", "exp=1600000000&hmac=x", 1'600'000'000},
    {"FarAway", "Expires=9999999999", 7'258'118'400},  // the clock's nanoseconds end in 2262
    {"EndOfTime", "Expires=253402300799", 7'258'118'400},
    {"FarAwayByDate", "se=9999-12-31T23%3A59%3A59Z", 7'289'654'399},
    {"FarAwayByLife", "X-Amz-Date=99991231T235959Z&X-Amz-Expires=253402300799", 7'321'190'399},
    {"LongAgoByDate", "se=0001-01-01", 0},
    {"AwsWithoutDate", "X-Amz-Expires=1200", -1},
    {"Nonsense", "Expires=soon", -1},
    {"None", "a=b", -1},
};
INSTANTIATE_TEST_SUITE_P(Table, LinkExpiry, ::testing::ValuesIn(link_cases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace link_expiry_test
}  // namespace dray::client
