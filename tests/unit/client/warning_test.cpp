#include "warning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dray::client {
namespace warning_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ReadWarnings, UnescapesAndCleans) {
  EXPECT_THAT(read_warnings({"299 - \"say \\\"hi\\\" \x1b[31mnow\""}), ElementsAre("say \"hi\" [31mnow"));
}

TEST(ReadWarnings, LeavesOtherWarningsOut) {
  EXPECT_THAT(read_warnings({"110 cache \"stale\"", "299 agent \"x\"", "299 - \"\"", ""}), IsEmpty());
}

TEST(ReadWarnings, StopsAtTheLimit) {
  const std::string small = "299 - \"small\"";
  const std::string large = "299 - \"" + std::string(5000, 'x') + "\"";
  EXPECT_THAT(read_warnings({small, large, small}), ElementsAre("small"));
}

}  // namespace
}  // namespace warning_test
}  // namespace dray::client
