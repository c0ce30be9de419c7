#include <dray/format/json.hpp>
#include <set>

#include "registry_fixture.hpp"

namespace dray::server {
namespace listings_test {
namespace {

class Listings : public RegistryFixture {
 protected:
  std::vector<std::string> walk(std::string target, std::string_view member, int most_pages) {
    std::vector<std::string> all;
    for (int page = 0; !target.empty(); ++page) {
      if (page == most_pages) {
        ADD_FAILURE() << "no end after " << page << " pages";
        break;
      }
      const auto answer = get(target);
      EXPECT_EQ(answer.status, 200);
      const auto json = Json::parse(answer.body);
      for (const auto& name : *json->find(member)->as_array()) all.push_back(*name.as_string());
      const auto link = answer.header("Link");
      target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    return all;
  }
};

TEST_F(Listings, TagsAreSortedAndComeInPages) {
  for (const auto* const tag : {"b", "a", "c", "10", "9", "A"}) push_image("team/app", tag, "one");
  EXPECT_EQ(get("/v2/team/app/tags/list").body, R"({"name":"team/app","tags":["10","9","A","a","b","c"]})");
  const auto page = get("/v2/team/app/tags/list?n=2");
  EXPECT_EQ(page.body, R"({"name":"team/app","tags":["10","9"]})");
  EXPECT_EQ(page.header("Link"), R"(</v2/team/app/tags/list?n=2&last=9>; rel="next")");
  EXPECT_EQ(get("/v2/team/app/tags/list?n=2&last=b").body, R"({"name":"team/app","tags":["c"]})");
  EXPECT_EQ(get("/v2/team/app/tags/list?n=2&last=b").header("Link"), "");
  EXPECT_EQ(get("/v2/team/app/tags/list?last=zzz").body, R"({"name":"team/app","tags":[]})");
}

TEST_F(Listings, NoneAreWantedWithZero) {
  push_image("team/app", "a", "one");
  const auto page = get("/v2/team/app/tags/list?n=0");
  EXPECT_EQ(page.body, R"({"name":"team/app","tags":[]})");
  EXPECT_EQ(page.header("Link"), "");
}

TEST_F(Listings, S1NumbersOfEverySizeAreHarmless) {
  push_image("team/app", "a", "one");
  for (const auto* const path : {"/v2/team/app/tags/list", "/v2/_catalog"}) {
    for (const auto* const n : {"10000000000", "100000000000000000000", "18446744073709551615"}) {
      EXPECT_EQ(get(std::string(path) + "?n=" + n).status, 200) << n;
    }
    for (const auto* const n : {"-1", "+1", "1.5", "ten", "", "0x10", "1%202"}) {
      const auto answer = get(std::string(path) + "?n=" + n);
      EXPECT_EQ(answer.status, 400) << n;
      EXPECT_EQ(answer.code(), "PAGINATION_NUMBER_INVALID") << n;
    }
    EXPECT_EQ(get(std::string(path) + "?last=" + std::string(5000, 'x')).status, 200);
    EXPECT_EQ(get(std::string(path) + "?last=%ff%01..%2f..").status, 200);
  }
}

TEST_F(Listings, UnknownRepositoryIsToldAsSuch) {
  const auto answer = get("/v2/nowhere/tags/list");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.code(), "NAME_UNKNOWN");
}

TEST_F(Listings, S21CatalogHasEveryNameWhateverThePage) {
  std::set<std::string> pushed;
  for (const auto* const name :
       {"a", "a-b", "a/b", "a/b-c", "a/b/c", "a0", "ab", "b", "a.b", "a_b", "a/b.c", "z/z/z"}) {
    push_image(name, "1", "one");
    pushed.insert(name);
  }
  const std::vector<std::string> wanted(pushed.begin(), pushed.end());
  for (int n = 1; n <= 13; ++n) {
    EXPECT_EQ(walk("/v2/_catalog?n=" + std::to_string(n), "repositories", 20), wanted) << n;
  }
}

TEST_F(Listings, S21TagsAreCompleteWhateverThePage) {
  std::set<std::string> pushed;
  const auto bytes = make_image("team/app", "one");
  for (int i = 0; i < 120; ++i) {
    auto tag = "v" + std::to_string(i * 7919 % 1000);
    push_manifest("team/app", tag, bytes);
    pushed.insert(std::move(tag));
  }
  const std::vector<std::string> wanted(pushed.begin(), pushed.end());
  for (int n = 1; n <= 100; ++n) {
    EXPECT_EQ(walk("/v2/team/app/tags/list?n=" + std::to_string(n), "tags", 200), wanted) << n;
  }
}

TEST_F(Listings, CatalogMayBeClosed) {
  RegistryOptions options;
  options.catalog = false;
  serve(std::move(options));
  EXPECT_EQ(get("/v2/_catalog").status, 405);
}

TEST_F(Listings, SmallPagesSayWhatTheRegistryIs) {
  EXPECT_EQ(get("/v2/").status, 200);
  EXPECT_EQ(get("/v2/").header("Docker-Distribution-Api-Version"), "registry/2.0");
  EXPECT_EQ(get("/v2").status, 200);
  EXPECT_EQ(get("/healthz").body, "ok\n");
  serve();
  EXPECT_EQ(get("/metrics").body, "dray_more 1\n");
  EXPECT_TRUE(Json::parse(get("/v2/_oci/ext/discover").body));
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_FALSE(get("/nothing").code().empty());
}

}  // namespace
}  // namespace listings_test
}  // namespace dray::server
