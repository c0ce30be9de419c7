#include "patience.hpp"

#include <gtest/gtest.h>

namespace dray::http {
namespace patience_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Deadlines deadlines{seconds(10), seconds(11), seconds(30), seconds(20)};

TEST(Patience, HasADeadlineForEachPhase) {
  struct Row {
    Phase phase;
    milliseconds deadline;
    const char* message;
  };
  for (const auto& row : {Row{Phase::connecting, seconds(10), "no connection within 10 s"},
                          Row{Phase::securing, seconds(11), "no secure connection within 11 s"},
                          Row{Phase::sending, seconds(20), "sending stalled: less than 1024 bytes/s for 20 s"},
                          Row{Phase::awaiting, seconds(30), "no answer within 30 s"},
                          Row{Phase::receiving, seconds(20), "the answer stalled: less than 1024 bytes/s for 20 s"}}) {
    Patience patience(deadlines);
    patience.enter(row.phase);
    EXPECT_EQ(patience.left(), row.deadline) << row.message;
    patience.waited(row.deadline - milliseconds(1));
    EXPECT_EQ(patience.left(), milliseconds(1)) << row.message;
    patience.waited(milliseconds(1));
    EXPECT_EQ(patience.left(), milliseconds(0)) << row.message;
    EXPECT_EQ(patience.error().code(), ErrorCode::timed_out);
    EXPECT_EQ(patience.error().message(), row.message);
  }
}

TEST(Patience, BeginsAnewInANewPhaseOnly) {
  Patience patience(deadlines);
  patience.waited(seconds(4));
  patience.enter(Phase::connecting);
  EXPECT_EQ(patience.left(), seconds(6));
  patience.enter(Phase::securing);
  EXPECT_EQ(patience.left(), seconds(11));
}

TEST(Patience, BeginsAnewWhenEnoughBytesMoved) {
  for (const auto phase : {Phase::sending, Phase::receiving}) {
    Patience patience(deadlines);
    patience.enter(phase);
    patience.waited(seconds(15));
    patience.moved(20 * 1024 - 1);
    EXPECT_EQ(patience.left(), seconds(5));
    patience.moved(1);
    EXPECT_EQ(patience.left(), seconds(20));
  }
}

TEST(Patience, IsNotFooledByADrip) {
  Patience patience(deadlines);
  patience.enter(Phase::receiving);
  for (int second = 0; second < 20; ++second) {
    patience.moved(1000);
    patience.waited(seconds(1));
  }
  EXPECT_EQ(patience.left(), seconds(0));
}

TEST(Patience, GivesAnAnswerNoMoreTimeForBytesBeforeIt) {
  Patience patience(deadlines);
  patience.enter(Phase::awaiting);
  patience.waited(seconds(29));
  patience.moved(1'000'000);
  EXPECT_EQ(patience.left(), seconds(1));
}

TEST(Patience, RoundsWhatIsLeftUp) {
  Patience patience(deadlines);
  patience.waited(seconds(10) - std::chrono::microseconds(1));
  EXPECT_EQ(patience.left(), milliseconds(1));
}

}  // namespace
}  // namespace patience_test
}  // namespace dray::http
