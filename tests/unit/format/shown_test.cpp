#include "shown.hpp"

#include <gtest/gtest.h>

namespace dray {
namespace shown_test {
namespace {

TEST(Shown, KeepsWhatPeopleCanRead) {
  EXPECT_EQ(shown(""), "\"\"");
  EXPECT_EQ(shown("org.example"), "\"org.example\"");
  EXPECT_EQ(shown("caf\u00e9 \U0001f600"), "\"caf\u00e9 \U0001f600\"");
}

TEST(Shown, HidesWhatATerminalMightObey) {
  EXPECT_EQ(shown("a\x1b[2J\n\x7f"), "\"a?[2J??\"");
  EXPECT_EQ(shown("a\u009b2J"), "\"a?2J\"");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "\"a?b\"");
}

TEST(Shown, HidesWhatIsNoText) { EXPECT_EQ(shown("a\xff\xe2\x82"), "\"a???\""); }

TEST(Shown, CutsBetweenCharacters) {
  EXPECT_EQ(shown(std::string(64, 'a')), "\"" + std::string(64, 'a') + "\"");
  EXPECT_EQ(shown(std::string(65, 'a')), "\"" + std::string(64, 'a') + "...\"");
  EXPECT_EQ(shown(std::string(63, 'a') + "\u00e9\u00e9"), "\"" + std::string(63, 'a') + "\u00e9...\"");
}

}  // namespace
}  // namespace shown_test
}  // namespace dray
