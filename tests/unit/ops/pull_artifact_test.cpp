#include <dray/ops/pull_artifact.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/store/oci_layout.hpp>
#include <filesystem>

#include "fake_places.hpp"
#include "images.hpp"
#include "support/temp_dir.hpp"

namespace dray::ops {
namespace pull_artifact_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PullArtifact : public ::testing::Test {
 protected:
  struct File {
    std::string title;
    std::string bytes;
  };
  /// An artifact with these titles, whatever they are.
  void put(const std::vector<File>& files) {
    Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                      .config = testing::put_bytes(&store_, media_types::oci_empty, "{}"),
                      .artifact_type = MediaType::of("application/vnd.example")};
    for (const auto& file : files) {
      auto layer = testing::put_bytes(&store_, "text/plain", file.bytes);
      if (!file.title.empty()) layer.annotations.emplace(FileTitle::annotation, file.title);
      manifest.layers.push_back(std::move(layer));
    }
    testing::put_manifest(store_, std::move(manifest), "1");
    store_.forget_log();
  }
  Result<PullArtifactReport> pull(const PullArtifactOptions& options = {}) {
    return pull_artifact(store_, std::string("1"), [this] { return FileFolder::create(temp_ / "to"); }, options, {});
  }
  [[nodiscard]] std::string at(const std::string& name) const { return dray::testing::read_bytes(temp_ / "to" / name); }

  testing::FakeStore store_;
  dray::testing::TempDir temp_;
};

TEST_F(PullArtifact, FilesGetTheirNames) {
  put({{"a", "one"}, {"x/b", "two"}, {"", "untitled"}, {"again", "one"}});
  const auto report = pull().value();
  EXPECT_EQ(at("a"), "one");
  EXPECT_EQ(at("x/b"), "two");
  EXPECT_EQ(at("again"), "one");
  EXPECT_EQ(report.files.size(), 3U);
  EXPECT_EQ(report.untitled.size(), 1U);
  EXPECT_EQ(report.artifact_type, "application/vnd.example");
  EXPECT_EQ(report.bytes_transferred, 6U);
  EXPECT_FALSE(fs::exists(temp_ / "to" / ".dray-tmp"));
}

TEST_F(PullArtifact, TheSecondTimeFetchesNothing) {
  put({{"a", "one"}, {"b", "two"}});
  ASSERT_TRUE(pull());
  fs::remove(temp_ / "to" / "b");
  store_.forget_log();
  const auto report = pull().value();
  EXPECT_FALSE(report.files[0].written);
  EXPECT_TRUE(report.files[1].written);
  EXPECT_EQ(store_.count("open"), 1U);
}

TEST_F(PullArtifact, AnotherFileIsKeptBeforeAnythingIsFetched) {
  put({{"a", "one"}, {"b", "two"}});
  fs::create_directory(temp_ / "to");
  temp_.write("to/b", "theirs");
  const auto report = pull();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::conflict);
  EXPECT_THAT(report.error().message(), HasSubstr("--force"));
  EXPECT_EQ(store_.count("open"), 0U);
  EXPECT_FALSE(fs::exists(temp_ / "to" / "a"));
  ASSERT_TRUE(pull({.force = true}));
  EXPECT_EQ(at("b"), "two");
}

TEST_F(PullArtifact, HostileTitlesMakeNothing) {
  for (const std::string hostile : {"../evil", "/tmp/evil", "x/../../evil", "..", "a\nb", "x//y", ".dray-tmp/x"}) {
    put({{"good", "one"}, {hostile, "evil"}});
    const auto report = pull();
    ASSERT_FALSE(report) << hostile;
    EXPECT_EQ(report.error().code(), ErrorCode::invalid_input) << hostile;
    EXPECT_EQ(store_.count("open"), 0U);
    EXPECT_FALSE(fs::exists(temp_ / "to" / "good"));
  }
}

TEST_F(PullArtifact, TitlesThatCollideAreRefused) {
  put({{"a", "one"}, {"a", "two"}});
  EXPECT_EQ(pull().error().code(), ErrorCode::invalid_input);
  put({{"a", "one"}, {"a/b", "two"}});
  EXPECT_EQ(pull().error().code(), ErrorCode::invalid_input);
}

TEST_F(PullArtifact, WrongBytesGetNoName) {
  put({{"a", "one"}, {"b", "two"}});
  store_.faults.lies[Digest::of(as_bytes(std::string_view("two")))] = "bad";
  const auto report = pull();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(fs::exists(temp_ / "to" / "a"));
  EXPECT_FALSE(fs::exists(temp_ / "to" / "b"));
}

TEST_F(PullArtifact, AnImageHasNoTitles) {
  testing::put_image(store_, {"layer"}, "linux/amd64", "1");
  const auto report = pull();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::not_found);
  EXPECT_THAT(report.error().message(), HasSubstr("dray pull"));
  EXPECT_FALSE(fs::exists(temp_ / "to"));
}

}  // namespace
}  // namespace pull_artifact_test
}  // namespace dray::ops
