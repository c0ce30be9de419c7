#include "routes.hpp"

#include <gtest/gtest.h>

#include <string>

#include "percent.hpp"

namespace dray::server {
namespace routes_test {
namespace {

struct PathRow {
  const char* name;
  const char* path;
  const char* shape;  ///< empty: none
  const char* repository;
  const char* last;
};

class RoutePath : public ::testing::TestWithParam<PathRow> {};

TEST_P(RoutePath, IsTakenApartFromItsEnd) {
  const auto& row = GetParam();
  const auto routed = find_route(row.path);
  ASSERT_EQ(routed.has_value(), *row.shape != '\0');
  if (!routed) return;
  EXPECT_EQ(routed->route->shape, row.shape);
  EXPECT_EQ(routed->name, row.repository);
  EXPECT_EQ(routed->last, row.last);
}

constexpr const char* manifest = "/v2/<name>/manifests/<last>";
constexpr const char* blob = "/v2/<name>/blobs/<last>";
constexpr const char* uploads = "/v2/<name>/blobs/uploads/";
constexpr const char* upload = "/v2/<name>/blobs/uploads/<last>";
constexpr const char* tags = "/v2/<name>/tags/list";

INSTANTIATE_TEST_SUITE_P(
    All, RoutePath,
    ::testing::Values(PathRow{"Version", "/v2/", "/v2/", "", ""}, PathRow{"VersionWithoutSlash", "/v2", "/v2/", "", ""},
                      PathRow{"Catalog", "/v2/_catalog", "/v2/_catalog", "", ""},
                      PathRow{"Discover", "/v2/_oci/ext/discover", "/v2/_oci/ext/discover", "", ""},
                      PathRow{"Health", "/healthz", "/healthz", "", ""},
                      PathRow{"Manifest", "/v2/a/manifests/latest", manifest, "a", "latest"},
                      PathRow{"DeepName", "/v2/a/b/c/manifests/1", manifest, "a/b/c", "1"},
                      PathRow{"EncodedColon", "/v2/a/blobs/sha256%3Aab", blob, "a", "sha256:ab"},
                      PathRow{"NameWithManifests", "/v2/a/manifests/b/manifests/c", manifest, "a/manifests/b", "c"},
                      PathRow{"NameWithTagsList", "/v2/tags/list/tags/list", tags, "tags/list", ""},
                      PathRow{"NameWithUploads", "/v2/a/blobs/uploads/manifests/x", manifest, "a/blobs/uploads", "x"},
                      PathRow{"Uploads", "/v2/a/blobs/uploads/", uploads, "a", ""},
                      PathRow{"UploadsWithoutSlash", "/v2/a/blobs/uploads", uploads, "a", ""},
                      PathRow{"Upload", "/v2/a/b/blobs/uploads/1-2", upload, "a/b", "1-2"},
                      PathRow{"Referrers", "/v2/a/referrers/sha256:00", "/v2/<name>/referrers/<last>", "a",
                              "sha256:00"},
                      PathRow{"NoName", "/v2/manifests/latest", "", "", ""},
                      PathRow{"EmptyName", "/v2//manifests/latest", "", "", ""},
                      PathRow{"NoLast", "/v2/a/manifests/", "", "", ""},
                      PathRow{"EncodedSlashInLast", "/v2/a/manifests/a%2Fb", "", "", ""},
                      PathRow{"EncodedSlashInName", "/v2/a%2Fb/manifests/c", "", "", ""},
                      PathRow{"EncodedNul", "/v2/a/manifests/a%00", "", "", ""},
                      PathRow{"BrokenEncoding", "/v2/a/manifests/a%4", "", "", ""},
                      PathRow{"FirstVersionOfTheApi", "/v1/search", "", "", ""}, PathRow{"Root", "/", "", "", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(RouteMethods, AreThoseThatTheSettingsLeave) {
  const auto routed = find_route("/v2/a/manifests/b");
  ASSERT_TRUE(routed);
  RegistryOptions options;
  EXPECT_EQ(allowed_methods(*routed->route, options), "GET, HEAD, PUT, DELETE");
  options.allow_delete = false;
  EXPECT_EQ(allowed_methods(*routed->route, options), "GET, HEAD, PUT");
  options.read_only = true;
  EXPECT_EQ(allowed_methods(*routed->route, options), "GET, HEAD");
}

TEST(PercentDecode, RefusesWhatIsNotWhole) {
  EXPECT_EQ(percent_decode("a%3Ab+c"), "a:b+c");
  EXPECT_EQ(percent_decode("%zz"), std::nullopt);
  EXPECT_EQ(percent_decode("%4"), std::nullopt);
  EXPECT_EQ(percent_decode("%00"), std::nullopt);
}

}  // namespace
}  // namespace routes_test
}  // namespace dray::server
