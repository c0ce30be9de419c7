#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace dray::client {
namespace blob_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string bytes = "0123456789";
const Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes("0123456789")), 10};
const std::string path = "https://r.example/v2/app/blobs/" + blob.digest.text();
const std::string head = "HEAD " + path;
const std::string get = "GET " + path;

TEST(OpenBlob, UselessRangeIsAskedForAsAWhole) {
  ClientUnderTest t;
  t.wire->on(get, {206, {{"Content-Range", "bytes 0-5/10"}}, "012345"}).on(get, {200, {}, bytes});
  const auto opened = t.repository()->open_blob(blob, ByteRange{4, 10}, {});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ(opened->begin, 0U);
  EXPECT_EQ(read_all(*opened->bytes, 100).value(), bytes);
  EXPECT_EQ(t.wire->last(get).header("Range"), "");
  EXPECT_THAT(t.observer->notes(), ElementsAre(HasSubstr("whole blob")));
}

TEST(OpenBlob, RangeBeyondTheBlobIsTheCallersMistake) {
  ClientUnderTest t;
  const auto opened = t.repository()->open_blob(blob, ByteRange{4, 11}, {});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::invalid_input);
}

TEST(OpenBlob, EmptyRangeNeedsNoRequest) {
  ClientUnderTest t;
  const auto opened = t.repository()->open_blob(blob, ByteRange{4, 4}, {});
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(read_all(*opened->bytes, 1).value(), "");
  EXPECT_THAT(t.wire->lines(), IsEmpty());
}

struct HasCase {
  const char* name;
  std::vector<Reply> head;
  std::vector<Reply> get;
  std::optional<bool> has;
  ErrorCode code = ErrorCode::protocol;
};
class HasBlob : public ::testing::TestWithParam<HasCase> {};
TEST_P(HasBlob, IsAskedByHead) {
  const auto& row = GetParam();
  ClientUnderTest t;
  for (const auto& reply : row.head) t.wire->on(head, reply);
  for (const auto& reply : row.get) t.wire->on(get, reply);
  t.wire->on("GET https://r.example/v2/", {200});  // a 403 to a stranger makes the client ask whether it is one
  const auto has = t.repository()->has_blob(blob, {});
  ASSERT_EQ(has.has_value(), row.has.has_value());
  if (row.has) {
    EXPECT_EQ(*has, *row.has);
  } else {
    EXPECT_EQ(has.error().code(), row.code);
  }
}
const HasCase has_cases[] = {
    {"There", {{200, {{"Content-Length", "10"}}}}, {}, true},
    {"Absent", {{404}}, {}, false},
    {"OtherSize", {{200, {{"Content-Length", "11"}}}}, {}, {}, ErrorCode::digest_mismatch},
    {"Redirected", {{307, {{"Location", "https://cdn.example/"}}}}, {}, true},
    {"HeadUnknownGetPart", {{405}}, {{206, {{"Content-Range", "bytes 0-0/10"}}, "0"}}, true},
    {"HeadUnknownGetWhole", {{405}}, {{200, {{"Content-Length", "10"}}, bytes}}, true},
    {"HeadUnknownGetAbsent", {{405}}, {{404}}, false},
    {"HeadUnknownGetRedirected", {{405}}, {{307, {{"Location", "https://cdn.example/"}}}}, true},
    {"Forbidden", {{403}}, {}, {}, ErrorCode::denied},
};
INSTANTIATE_TEST_SUITE_P(Table, HasBlob, ::testing::ValuesIn(has_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HeadBlob, GivesTheSize) {
  ClientUnderTest t;
  t.wire->on(head, {200, {{"Content-Length", "10"}}});
  EXPECT_EQ(t.repository()->head_blob(blob.digest, {}).value(), 10U);
}

TEST(HeadBlob, LinkThatRefusesHeadIsAskedForOneByte) {
  ClientUnderTest t;
  const std::string cdn = "https://cdn.example/b?sig=1";
  t.wire->on(head, {307, {{"Location", cdn}}}).on("HEAD " + cdn, {403});
  t.wire->on(get, {307, {{"Location", cdn}}}).on("GET " + cdn, {206, {{"Content-Range", "bytes 0-0/10"}}, "0"});
  EXPECT_EQ(t.repository()->head_blob(blob.digest, {}).value(), 10U);
  EXPECT_EQ(t.wire->last("GET " + cdn).header("Range"), "bytes=0-0");
}

TEST(HeadBlob, AbsentIsNotFound) {
  ClientUnderTest t;
  t.wire->on(head, {404});
  const auto size = t.repository()->head_blob(blob.digest, {});
  ASSERT_FALSE(size.has_value());
  EXPECT_EQ(size.error().code(), ErrorCode::not_found);
}

TEST(LocateBlob, TellsTheLinkAndItsEndWithoutFollowing) {
  ClientUnderTest t;
  t.wire->on(get, {307, {{"Location", "https://cdn.example/b?P1=1600000000&P4=secret"}}});
  const auto location = t.repository()->locate_blob(blob.digest, {});
  ASSERT_TRUE(location.has_value()) << location.error().message();
  EXPECT_EQ(location->status, 307);
  EXPECT_EQ(location->url->text(), "https://cdn.example/b?P1=1600000000&P4=secret");
  EXPECT_EQ(location->expires, std::chrono::system_clock::time_point(std::chrono::seconds(1'600'000'000)));
  EXPECT_THAT(t.wire->lines(), ElementsAre(get));
}

TEST(LocateBlob, RegistryItselfGivesTheSize) {
  ClientUnderTest t;
  t.wire->on(get, {206, {{"Content-Range", "bytes 0-0/10"}}, "0"});
  const auto location = t.repository()->locate_blob(blob.digest, {});
  ASSERT_TRUE(location.has_value());
  EXPECT_EQ(location->status, 200);
  EXPECT_FALSE(location->url.has_value());
  EXPECT_EQ(location->size, 10U);
}

TEST(RemoveBlob, AcceptsTheAnswersThatMeanDone) {
  for (const int status : {200, 202, 204}) {
    ClientUnderTest t;
    t.wire->on("DELETE " + path, {status});
    EXPECT_TRUE(t.repository()->remove_blob(blob.digest, {}).has_value());
  }
}

}  // namespace
}  // namespace blob_test
}  // namespace dray::client
