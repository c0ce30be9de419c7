#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace tags_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string url = "https://r.example/v2/app/tags/list";
const std::string line = "GET " + url;

Reply page(const std::string& tags, const std::string& link = "") {
  Reply reply{200, {}, R"({"name":"app","tags":)" + tags + "}"};
  if (!link.empty()) reply.headers.emplace_back("Link", link);
  return reply;
}

TEST(ListTags, KeepsTheRegistrysOrder) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["b","a","10"])"));
  EXPECT_THAT(t.repository()->list_tags({}).value(), ElementsAre("b", "a", "10"));
}

TEST(ListTags, NullIsNone) {
  ClientUnderTest t;
  t.wire->on(line, page("null"));
  EXPECT_THAT(t.repository()->list_tags({}).value(), IsEmpty());
}

TEST(ListTags, FollowsNextLinks) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["a"])", "</v2/app/tags/list?n=1&last=a>; rel=\"next\""));
  t.wire->on(line + "?n=1&last=a", page(R"(["b"])", "<" + url + "?n=1&last=b>; rel=next"));
  t.wire->on(line + "?n=1&last=b", page(R"(["c"])"));
  EXPECT_THAT(t.repository()->list_tags({}).value(), ElementsAre("a", "b", "c"));
}

TEST(ListTags, NextLinkOfSizeZeroEndsTheList) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["a"])", "</v2/app/tags/list?last=&n=0>; rel=\"next\""));
  EXPECT_THAT(t.repository()->list_tags({}).value(), ElementsAre("a"));
}

TEST(ListTags, NextLinkOfSizeZeroBehindATagIsFollowedWithoutSize) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["a"])", "</v2/app/tags/list?last=a&n=0>; rel=\"next\""));
  t.wire->on(line + "?last=a", page(R"(["b"])"));
  EXPECT_THAT(t.repository()->list_tags({}).value(), ElementsAre("a", "b"));
}

// C-31: ten million entries are allowed, so each of them has to be short.
TEST(ListTags, EntryLongerThanAnyNameIsRefused) {
  ClientUnderTest t;
  t.wire->on(line, page(R"([")" + std::string(limits::max_name_chars + 1, 'a') + R"("])"));
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::protocol);
}

struct LinkCase {
  const char* name;
  const char* link;
};

// C-7
class ForeignLink : public ::testing::TestWithParam<LinkCase> {};
TEST_P(ForeignLink, IsNeverFollowed) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["a"])", std::string("<") + GetParam().link + ">; rel=\"next\""));
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::protocol);
  EXPECT_THAT(t.wire->lines(), ElementsAre(line));
}
const LinkCase foreign_links[] = {{"OtherHost", "https://evil.example/v2/app/tags/list?last=a"},
                                  {"OtherPort", "https://r.example:8443/v2/app/tags/list?last=a"},
                                  {"OtherScheme", "http://r.example/v2/app/tags/list?last=a"},
                                  {"NoScheme", "//evil.example/v2/app/tags/list"},
                                  {"File", "file:///etc/passwd"}};
INSTANTIATE_TEST_SUITE_P(C7, ForeignLink, ::testing::ValuesIn(foreign_links),
                         [](const auto& row) { return std::string(row.param.name); });

// C-8
TEST(ListTags, PageThatIsItsOwnNextIsAnError) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["a"])", "</v2/app/tags/list>; rel=\"next\""));
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_THAT(tags.error().message(), HasSubstr("circle"));
  EXPECT_EQ(t.wire->count(line), 1U);
}

// C-8
TEST(ListTags, LongerCircleIsAnError) {
  ClientUnderTest t;
  t.wire->on(line, page(R"(["a"])", "<?last=a>; rel=\"next\""));
  t.wire->on(line + "?last=a", page(R"(["b"])", "<?last=b>; rel=\"next\""));
  t.wire->on(line + "?last=b", page(R"(["c"])", "<?last=a>; rel=\"next\""));
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::protocol);
}

// C-8
TEST(ListTags, EndlessPagesStopAtTheLimit) {
  /// Every page has a next one.
  class Endless final : public http::Transport {
   public:
    Result<std::unique_ptr<http::Exchange>> send(const http::Request& request,
                                                 const std::stop_token& /*stop*/) override {
      http::ResponseHead head{200, {}, request.url, http::AddressClass::global};
      head.headers.add("Link", "<?last=" + std::to_string(++pages) + ">; rel=\"next\"");
      return std::make_unique<ReplyExchange>(std::move(head), Reply{200, {}, R"({"tags":["t"]})"}, 4096);
    }
    std::size_t pages = 0;
  };
  ClientUnderTest t;
  const auto endless = std::make_shared<Endless>();
  ClientOptions options;
  options.endpoints = std::make_shared<FixedEndpoint>("https://r.example/");
  t.client = RegistryClient::make(std::make_shared<http::Session>(endless, nullptr, t.clock, t.random), options);
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(endless->pages, limits::max_pages);
}

struct BodyCase {
  const char* name;
  const char* body;
};
class BadPage : public ::testing::TestWithParam<BodyCase> {};
TEST_P(BadPage, IsAProtocolError) {
  ClientUnderTest t;
  t.wire->on(line, {200, {}, GetParam().body});
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::protocol);
}
const BodyCase bad_pages[] = {{"NoJson", "<html>"},
                              {"NoObject", "[]"},
                              {"NoTags", R"({"name":"app"})"},
                              {"TagsNoArray", R"({"tags":"a"})"},
                              {"NumberAsTag", R"({"tags":[1]})"},
                              {"EmptyTag", R"({"tags":[""]})"},
                              {"ControlCharacterInTag", R"({"tags":["a\u001b[31m"]})"}};
INSTANTIATE_TEST_SUITE_P(Table, BadPage, ::testing::ValuesIn(bad_pages),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ListTags, UnknownRepositoryIsNotFound) {
  ClientUnderTest t;
  t.wire->on(line, {404, {}, R"({"errors":[{"code":"NAME_UNKNOWN"}]})"});
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::not_found);
}

// C-31
TEST(ListTags, HugePageIsRefused) {
  ClientUnderTest t;
  t.wire->on(line, {200, {}, std::string(limits::max_page_bytes + 1, ' ')});
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace tags_test
}  // namespace dray::client
