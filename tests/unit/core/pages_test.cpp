// Pages that map a rule to the tests that hold it: every row names a test, and every test named exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace dray {
namespace pages_test {
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

/// Suites of parameters are here under the name of their TEST_P.
const std::set<std::string>& tests_in_the_sources() {
  static const std::set<std::string> all = [] {
    const std::regex head(R"(\nTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(project / "tests")) {
      if (entry.path().extension() == ".cpp") found.merge(names_in(text_of(entry.path()), head));
    }
    return found;
  }();
  return all;
}

const std::regex named_on_a_page("`([A-Z]\\w+)\\.([A-Z]\\w+)`");

struct Row {
  std::string id;
  std::string tests;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) {
    const auto begin = cell.find_first_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
  }
  return cells;
}

/// The rows of every table whose last column is `tests`.
std::vector<Row> rows_of(const std::string& page) {
  std::vector<Row> rows;
  std::istringstream stream(page);
  bool in_table = false;
  bool has_tests = false;
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with('|')) {
      in_table = false;
      continue;
    }
    const auto cells = cells_of(line);
    if (!in_table) has_tests = cells.back() == "tests";
    if (in_table && has_tests && !line.starts_with("|---")) rows.push_back({cells.front(), cells.back()});
    in_table = true;
  }
  return rows;
}

/// `C-1`, `C-2` …
std::set<std::string> numbered(const std::string& letter, const std::vector<int>& numbers) {
  std::set<std::string> ids;
  for (const auto number : numbers) ids.insert(letter + "-" + std::to_string(number));
  return ids;
}

std::set<std::string> all_of(std::set<std::string> some, std::set<std::string> others) {
  some.merge(others);
  return some;
}

struct Page {
  const char* name;
  const char* file;
  std::set<std::string> wanted;  ///< Rows that must be there.
};
void PrintTo(const Page& page, std::ostream* out) { *out << page.name; }
class PageOfTests : public ::testing::TestWithParam<Page> {
 protected:
  std::string page_ = text_of(project / "docs" / GetParam().file);
};

TEST_P(PageOfTests, NamesOnlyTestsThatExist) {
  const auto named = names_in(page_, named_on_a_page);
  EXPECT_GT(named.size(), 50U);
  for (const auto& name : named) EXPECT_TRUE(tests_in_the_sources().contains(name)) << name << " is in no source";
}

TEST_P(PageOfTests, HasATestInEachOfItsRows) {
  std::set<std::string> ids;
  for (const auto& row : rows_of(page_)) {
    EXPECT_FALSE(names_in(row.tests, named_on_a_page).empty()) << row.id;
    EXPECT_TRUE(ids.insert(row.id).second) << row.id << " is there twice";
  }
  for (const auto& id : GetParam().wanted) EXPECT_TRUE(ids.contains(id)) << id << " has no row";
}

INSTANTIATE_TEST_SUITE_P(
    All, PageOfTests,
    ::testing::Values(Page{"Security", "security.md",
                           numbered("C", {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                          16, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32})},
                      Page{"Conformance", "conformance.md",
                           all_of(numbered("S", {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18,
                                                 19, 20, 21, 22, 23, 24, 25, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39}),
                                  numbered("P", {1, 2, 3, 4, 5}))}),
    [](const auto& page) { return std::string(page.param.name); });

TEST(PageRows, AreThoseOfTablesWithTests) {
  const auto rows = rows_of(
      "text\n| row | what | tests |\n|---|---|---|\n| A-1 | x | `A.B` |\n| A-2 | y | |\n\n| other | value "
      "|\n|---|---|\n"
      "| z | 1 |\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].id, "A-1");
  EXPECT_EQ(rows[0].tests, "`A.B`");
  EXPECT_EQ(rows[1].tests, "");
}

}  // namespace
}  // namespace pages_test
}  // namespace dray
