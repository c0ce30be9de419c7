#include "unpack/tree_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "support/temp_dir.hpp"

namespace dray::ops {
namespace tree_writer_test {
namespace {

class TreeWriterTest : public ::testing::Test {
 protected:
  TreeWriterTest()
      : writer_(FileDescriptor(::open(temp_.path().c_str(), O_RDONLY | O_DIRECTORY)), {}, [](auto&, auto&) {}) {
    EXPECT_TRUE(writer_.open());
  }

  /// Puts a file of no bytes.
  void put(const std::string& name, std::uint32_t mode, std::map<std::string, std::string> xattrs = {},
           const std::string& hard_link_to = {}) {
    TarEntry entry;
    entry.path = name;
    entry.mode = mode;
    entry.uid = ::geteuid();
    entry.gid = ::getegid();
    entry.xattrs = std::move(xattrs);
    if (!hard_link_to.empty()) {
      entry.type = TarType::hard_link;
      entry.link_path = hard_link_to;
    }
    StringSource nothing{std::string()};
    TarReader reader(nothing);
    const auto done = writer_.put({name}, entry, reader);
    ASSERT_TRUE(done) << done.error().message();
  }
  [[nodiscard]] unsigned mode(const std::string& name) const {
    struct stat found{};
    EXPECT_EQ(::lstat((temp_ / name).c_str(), &found), 0);
    return found.st_mode & 07777U;
  }
  [[nodiscard]] bool has_note(const std::string& name) const {
    return ::getxattr((temp_ / name).c_str(), "user.note", nullptr, 0) >= 0;
  }

  dray::testing::TempDir temp_;
  TreeWriter writer_;
};

TEST_F(TreeWriterTest, RightsWaitUntilTheLayerIsTrusted) {
  put("su", 06755, {{"user.note", "x"}});
  EXPECT_EQ(mode("su"), 0755U);
  EXPECT_FALSE(has_note("su"));
  ASSERT_TRUE(writer_.trust());
  EXPECT_EQ(mode("su"), 06755U);
}

TEST_F(TreeWriterTest, RightsOfAFileThatWasReplacedAreNobodys) {
  put("su", 04755);
  put("su", 0644);
  ASSERT_TRUE(writer_.trust());
  EXPECT_EQ(mode("su"), 0644U);
}

TEST_F(TreeWriterTest, RightsOfAnotherNameOfAReplacedFileAreKept) {
  put("su", 04755);
  put("other", 0, {}, "su");
  put("su", 0644);
  ASSERT_TRUE(writer_.trust());
  EXPECT_EQ(mode("su"), 0644U);
  EXPECT_EQ(mode("other"), 04755U);
}

TEST_F(TreeWriterTest, RightsAreNotGivenThroughALink) {
  put("su", 04755);
  std::filesystem::rename(temp_ / "su", temp_ / "aside");
  std::filesystem::create_symlink("aside", temp_ / "su");
  ASSERT_TRUE(writer_.trust());
  EXPECT_EQ(mode("aside"), 0755U);
}

}  // namespace
}  // namespace tree_writer_test
}  // namespace dray::ops
