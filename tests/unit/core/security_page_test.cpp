#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace dray {
namespace {

namespace fs = std::filesystem;

const fs::path project = fs::path(DRAY_TESTDATA_DIR) / ".." / "..";

std::string text_of(const fs::path& path) {
  std::ifstream stream(path);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// `Suite.Test` for each match, whose first two groups they are.
std::set<std::string> names_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    names.insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return names;
}

std::set<std::string> tests_in_the_sources() {
  const std::regex head(R"(\nTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  std::set<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(project / "tests")) {
    if (entry.path().extension() == ".cpp") all.merge(names_in(text_of(entry.path()), head));
  }
  return all;
}

const std::regex named_on_the_page("`([A-Z]\\w+)\\.([A-Z]\\w+)`");

TEST(SecurityPage, NamesOnlyTestsThatExist) {
  const auto page = text_of(project / "docs" / "security.md");
  const auto named = names_in(page, named_on_the_page);
  const auto existing = tests_in_the_sources();
  EXPECT_GT(named.size(), 50U);
  EXPECT_GT(existing.size(), named.size());
  for (const auto& name : named) EXPECT_TRUE(existing.contains(name)) << name << " is a test of no source";
}

TEST(SecurityPage, HasATestForEachOfItsRows) {
  const auto page = text_of(project / "docs" / "security.md");
  for (const int number : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32}) {
    const std::regex row("\\n\\| C-" + std::to_string(number) + " \\|[^\\n]*");
    std::smatch match;
    ASSERT_TRUE(std::regex_search(page, match, row)) << "C-" << number;
    EXPECT_FALSE(names_in(match.str(), named_on_the_page).empty()) << "C-" << number;
  }
}

}  // namespace
}  // namespace dray
