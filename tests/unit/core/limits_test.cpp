#include <gtest/gtest.h>
#include <dray/core/limits.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

namespace dray {
namespace limits_test {
namespace {

std::string read_project_file(const std::string& path) {
  std::ifstream stream(std::string(DRAY_TESTDATA_DIR) + "/../../" + path);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// What the first two groups of the pattern match, the second one by the first.
std::map<std::string, std::string> pairs(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::map<std::string, std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found[(*at)[1]] = (*at)[2];
  return found;
}

/// Names and values of the constants of a header.
std::map<std::string, std::string> declared_in(const std::string& header) {
  return pairs(read_project_file(header), R"(inline constexpr \S+ (\w+)( = [^;]+|\{[^}]+\});)");
}

constexpr const char* server_heading = "\n# The registry server\n";
std::string page() { return read_project_file("docs/limits.md"); }

std::map<std::string, std::string> documented_in(const std::string& text) {
  return pairs(text, R"(\n\| `(\w+)` \| ([^|]+))");
}

void expect_the_same(const std::map<std::string, std::string>& declared,
                     const std::map<std::string, std::string>& documented) {
  for (const auto& [name, value] : declared) EXPECT_TRUE(documented.contains(name)) << name << " is not on the page";
  for (const auto& [name, value] : documented) EXPECT_TRUE(declared.contains(name)) << name << " is in no header";
}

TEST(LimitsPage, NamesEveryConstantAndNoOther) {
  auto declared = declared_in("include/dray/core/limits.hpp");
  EXPECT_GT(declared.size(), 30U);
  declared.merge(declared_in("include/dray/core/artifact_limits.hpp"));
  declared.merge(declared_in("include/dray/http/limits.hpp"));
  declared.merge(declared_in("include/dray/ops/files_limits.hpp"));
  declared.merge(declared_in("include/dray/ops/unpack_limits.hpp"));
  declared.merge(declared_in("include/dray/store/cache_limits.hpp"));
  expect_the_same(declared, documented_in(page().substr(0, page().find(server_heading))));
}

/// The server's are a part of their own, since some have names that others have too.
TEST(LimitsPage, NamesEveryConstantOfTheServerAndNoOther) {
  const auto declared = declared_in("include/dray/server/limits.hpp");
  EXPECT_GT(declared.size(), 30U);
  ASSERT_NE(page().find(server_heading), std::string::npos);
  expect_the_same(declared, documented_in(page().substr(page().find(server_heading))));
}

/// `http` stands beside `core`, not on it: what both need, both declare.
TEST(LimitsPage, TellsOneValueOfEachConstant) {
  const auto http = declared_in("include/dray/http/limits.hpp");
  for (const auto& [name, value] : declared_in("include/dray/core/limits.hpp")) {
    const auto at = http.find(name);
    EXPECT_TRUE(at == http.end() || at->second == value) << name;
  }
}

TEST(Limits, FitTogether) {
  static_assert(limits::max_manifest_bytes >= 4ULL * 1024 * 1024, "distribution-spec's minimum");
  static_assert(limits::first_retry_wait <= limits::max_retry_wait);
  static_assert(limits::max_tries <= limits::max_tries_with_progress);
  static_assert(limits::min_range_bytes <= limits::min_ranged_blob_bytes);
  static_assert(limits::max_blobs_per_host <= limits::max_connections);
  static_assert(limits::max_archive_name_bytes <= limits::max_archive_path_bytes);
}

}  // namespace
}  // namespace limits_test
}  // namespace dray
