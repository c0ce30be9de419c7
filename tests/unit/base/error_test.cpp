#include <dray/base/error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace dray {
namespace error_test {
namespace {

TEST(ErrorName, IsDistinctForEachCode) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::protocol); ++code) {
    names.insert(name(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::protocol) + 1);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(name(ErrorCode::digest_mismatch), "digest_mismatch");
}

TEST(Error, KeepsThePeersAnswerThroughContext) {
  const auto error = Error(ErrorCode::denied, "cannot push")
                         .with_peer(403, "no quota")
                         .context("push a")
                         .with_code(ErrorCode::no_space);
  EXPECT_EQ(error.message(), "push a: cannot push");
  EXPECT_EQ(error.code(), ErrorCode::no_space);
  EXPECT_EQ(error.peer_status(), 403);
  EXPECT_EQ(error.peer_words(), "no quota");
}

struct ErrnoCase {
  const char* name;
  int number;
  ErrorCode code;
};

class ErrnoError : public ::testing::TestWithParam<ErrnoCase> {};

TEST_P(ErrnoError, HasTheCodeAndSaysWhat) {
  const auto error = errno_error("write /data/x", GetParam().number);
  EXPECT_EQ(error.code(), GetParam().code);
  EXPECT_TRUE(error.message().starts_with("write /data/x: ")) << error.message();
}

INSTANTIATE_TEST_SUITE_P(Table, ErrnoError,
                         ::testing::Values(ErrnoCase{"FullDisk", ENOSPC, ErrorCode::no_space},
                                           ErrnoCase{"Quota", EDQUOT, ErrorCode::no_space},
                                           ErrnoCase{"FileTooBig", EFBIG, ErrorCode::no_space},
                                           ErrnoCase{"Absent", ENOENT, ErrorCode::not_found},
                                           ErrnoCase{"BrokenDisk", EIO, ErrorCode::io},
                                           ErrnoCase{"Forbidden", EACCES, ErrorCode::io}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace error_test
}  // namespace dray
