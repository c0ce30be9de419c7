#include "exit_status.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace exit_status_test {
namespace {

TEST(ExitStatus, TellsACallerWhatItCanDo) {
  EXPECT_EQ(exit_status(ErrorCode::invalid_input), 2);
  EXPECT_EQ(exit_status(ErrorCode::not_found), 3);
  EXPECT_EQ(exit_status(ErrorCode::unauthorized), 4);
  EXPECT_EQ(exit_status(ErrorCode::denied), 4);
  EXPECT_EQ(exit_status(ErrorCode::digest_mismatch), 5);
  EXPECT_EQ(exit_status(ErrorCode::unavailable), 6);
  EXPECT_EQ(exit_status(ErrorCode::timed_out), 6);
  EXPECT_EQ(exit_status(ErrorCode::rate_limited), 6);
  EXPECT_EQ(exit_status(ErrorCode::no_space), 8);
  EXPECT_EQ(exit_status(ErrorCode::limit_exceeded), 8);
  EXPECT_EQ(exit_status(ErrorCode::cancelled), 130);
  EXPECT_EQ(exit_status(ErrorCode::io), 1);
  EXPECT_EQ(exit_status(ErrorCode::unsupported), 1);
}

}  // namespace
}  // namespace exit_status_test
}  // namespace dray::cli
