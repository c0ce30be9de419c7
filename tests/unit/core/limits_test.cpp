#include <gtest/gtest.h>
#include <dray/core/limits.hpp>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace dray {
namespace {

std::string read_project_file(const std::string& path) {
  std::ifstream stream(std::string(DRAY_TESTDATA_DIR) + "/../../" + path);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::set<std::string> first_groups(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

TEST(LimitsPage, NamesEveryConstantAndNoOther) {
  const auto declared =
      first_groups(read_project_file("include/dray/core/limits.hpp"), R"(inline constexpr \S+ (\w+))");
  const auto documented = first_groups(read_project_file("docs/limits.md"), R"(\n\| `(\w+)` \|)");
  EXPECT_GT(declared.size(), 40U);
  EXPECT_EQ(declared, documented);
}

TEST(Limits, FitTogether) {
  static_assert(limits::max_manifest_bytes >= 4ULL * 1024 * 1024, "distribution-spec's minimum");
  static_assert(limits::max_token_redirects <= limits::max_redirects);
  static_assert(limits::first_retry_wait <= limits::max_retry_wait);
  static_assert(limits::max_retry_wait <= limits::max_retry_after);
  static_assert(limits::max_tries <= limits::max_tries_with_progress);
  static_assert(limits::min_range_bytes <= limits::min_ranged_blob_bytes);
  static_assert(limits::max_blobs_per_host <= limits::max_connections);
  static_assert(limits::max_archive_name_bytes <= limits::max_archive_path_bytes);
}

}  // namespace
}  // namespace dray
