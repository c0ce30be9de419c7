#include "transfer/resume_rule.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace dray::ops {
namespace resume_rule_test {
namespace {

using std::chrono::milliseconds;

struct Row {
  std::string name;
  Cut cut;
  double jitter;
  std::optional<milliseconds> wait;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class ResumeRule : public ::testing::TestWithParam<Row> {};

TEST_P(ResumeRule, Holds) { EXPECT_EQ(resume_wait(GetParam().cut, GetParam().jitter), GetParam().wait); }

INSTANTIATE_TEST_SUITE_P(Table, ResumeRule,
                         ::testing::Values(Row{"FirstCutWaitsUpToAQuarter", {1, false}, 1.0, milliseconds(250)},
                                           Row{"JitterReachesZero", {1, false}, 0.0, milliseconds(0)},
                                           Row{"BoundDoubles", {2, false}, 1.0, milliseconds(500)},
                                           Row{"BoundDoublesAgain", {4, false}, 1.0, milliseconds(2000)},
                                           Row{"JitterIsAShareOfTheBound", {3, false}, 0.5, milliseconds(500)},
                                           Row{"FifthTryWithoutBytesIsTheLast", {5, false}, 0.5, std::nullopt},
                                           Row{"BytesEarnASixthTry", {5, true}, 1.0, milliseconds(4000)},
                                           Row{"NoSeventh", {6, true}, 0.5, std::nullopt}),
                         [](const auto& row) { return row.param.name; });

TEST(ResumeRuleCodes, OnlyNetworkFailuresResume) {
  EXPECT_TRUE(can_resume(ErrorCode::unavailable));
  EXPECT_TRUE(can_resume(ErrorCode::timed_out));
  EXPECT_TRUE(can_resume(ErrorCode::protocol));
  for (const auto code : {ErrorCode::invalid_input, ErrorCode::not_found, ErrorCode::unauthorized, ErrorCode::denied,
                          ErrorCode::digest_mismatch, ErrorCode::limit_exceeded, ErrorCode::cancelled,
                          ErrorCode::no_space, ErrorCode::io, ErrorCode::rate_limited}) {
    EXPECT_FALSE(can_resume(code)) << name(code);
  }
}

}  // namespace
}  // namespace resume_rule_test
}  // namespace dray::ops
