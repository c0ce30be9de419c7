#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace dray::client {
namespace catalog_test {
namespace {

using ::testing::ElementsAre;

const std::string line = "GET https://r.example/v2/_catalog?n=1000";

TEST(Catalog, FollowsNextLinks) {
  ClientUnderTest t;
  t.wire->on(line, {200, {{"Link", "</v2/_catalog?last=a&n=1000>; rel=\"next\""}}, R"({"repositories":["a"]})"});
  t.wire->on("GET https://r.example/v2/_catalog?last=a&n=1000", {200, {}, R"({"repositories":["b/c"]})"});
  EXPECT_THAT(t.client->catalog(t.registry, {}).value(), ElementsAre("a", "b/c"));
}

// C-16
TEST(Catalog, AsksForItsOwnScope) {
  ClientUnderTest t;
  t.wire->on(line, bearer_challenge()).on(line, {200, {}, R"({"repositories":[]})"});
  t.wire->on("GET https://auth.example/token?service=r.example&scope=registry%3Acatalog%3A%2A", token_reply("t"));
  EXPECT_TRUE(t.client->catalog(t.registry, {}).has_value());
  EXPECT_THAT(t.observer->scopes(), ElementsAre("registry:catalog:*"));
}

TEST(Catalog, PageSizeThatIsRefusedIsLeftOut) {
  ClientUnderTest t;
  t.wire->on(line, {400, {}, R"({"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]})"});
  t.wire->on("GET https://r.example/v2/_catalog", {200, {}, R"({"repositories":["a"]})"});
  EXPECT_THAT(t.client->catalog(t.registry, {}).value(), ElementsAre("a"));
}

TEST(Catalog, MissingOneIsUnsupported) {
  ClientUnderTest t;
  t.wire->on(line, {404});
  const auto names = t.client->catalog(t.registry, {});
  ASSERT_FALSE(names.has_value());
  EXPECT_EQ(names.error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace catalog_test
}  // namespace dray::client
