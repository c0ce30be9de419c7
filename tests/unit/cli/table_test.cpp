#include "table.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace table_test {
namespace {

TEST(Table, AlignsColumnsByWhatIsSeen) {
  Table table({{"NAME"}, {"SIZE", Table::Align::right}, {"KIND"}});
  table.add({"größe", "5", "x"});
  table.add({"b", "1,234", "yy"});
  EXPECT_EQ(table.text(2, false),
            "  NAME    SIZE  KIND\n"
            "  größe      5  x\n"
            "  b      1,234  yy\n");
}

TEST(Table, LeavesOutAColumnThatIsEmptyInEveryRow) {
  Table table({{"A"}, {"B"}, {"C"}});
  table.add({"1", "", "3"});
  EXPECT_EQ(table.text(0, false), "A  C\n1  3\n");
}

TEST(Table, NeverLetsACellMoveTheCursor) {
  Table table({{"A"}});
  table.add({"x\x1b[2Jy"});
  EXPECT_EQ(table.text(0, false), "A\nx\\x1b[2Jy\n");
}

TEST(Table, MarksTitlesOnlyWhereColourIsWanted) {
  Table table({{"A"}});
  table.add({"x"});
  EXPECT_EQ(table.text(0, true), "\x1b[1mA\x1b[0m\nx\n");
}

TEST(Facts, AlignsValuesAndLeavesOutEmptyOnes) {
  Facts facts;
  facts.add("Digest", "sha256:00");
  facts.add("User", "");
  facts.add("A longer name", "x");
  EXPECT_EQ(facts.text(false), "Digest         sha256:00\nA longer name  x\n");
}

}  // namespace
}  // namespace table_test
}  // namespace dray::cli
