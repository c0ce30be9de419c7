#include <gmock/gmock.h>
#include <dray/core/artifact_limits.hpp>
#include <dray/format/file_title.hpp>

namespace dray {
namespace file_title_test {
namespace {

using ::testing::HasSubstr;

TEST(FileTitle, TakesRelativePathsOfPlainNames) {
  for (const std::string text : {"a", "sbom.spdx.json", "dir/file", ".hidden", "..two", "with blank", "ä/ö", "a\\b"}) {
    const auto title = FileTitle::parse(text);
    ASSERT_TRUE(title) << title.error().message();
    EXPECT_EQ(title->text(), text);
  }
}

TEST(FileTitle, RefusesWhatMightLieElsewhere) {
  for (const std::string text : {"", "/", "/etc/passwd", "..", "../a", "a/../../b", "a/..", ".", "./a", "a/./b", "a//b",
                                 "a/", "a\nb", "\x1b[31m", "\x7f", "a\xff", "\xc0\xae\xc0\xae/a"}) {
    const auto title = FileTitle::parse(text);
    ASSERT_FALSE(title) << text;
    EXPECT_EQ(title.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(title.error().message(), HasSubstr("file title"));
  }
  EXPECT_FALSE(FileTitle::parse(std::string("a\0b", 3)));
}

TEST(FileTitle, HasLimits) {
  EXPECT_TRUE(FileTitle::parse(std::string(limits::max_file_name_bytes, 'a')));
  EXPECT_FALSE(FileTitle::parse(std::string(limits::max_file_name_bytes + 1, 'a')));
  std::string longest = "a";
  while (longest.size() + 2 <= limits::max_file_title_bytes) longest += "/a";
  EXPECT_TRUE(FileTitle::parse(longest));
  EXPECT_FALSE(FileTitle::parse(longest + "/aa"));
}

TEST(FileTitle, OfAPathIsThePathOrElseItsName) {
  const std::pair<const char*, const char*> rows[] = {
      {"a", "a"},
      {"./a", "a"},
      {"dir//a", "dir/a"},
      {"dir/../a", "a"},
      {"/etc/app.conf", "app.conf"},
      {"../app.conf", "app.conf"},
      {"dir/../../a", "a"},
  };
  for (const auto& [path, title] : rows) EXPECT_EQ(FileTitle::of_path(path).value().text(), title) << path;
  EXPECT_FALSE(FileTitle::of_path("/"));
  EXPECT_FALSE(FileTitle::of_path(".."));
}

}  // namespace
}  // namespace file_title_test
}  // namespace dray
