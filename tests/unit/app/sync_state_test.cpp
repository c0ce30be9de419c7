#include "sync_state.hpp"

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace dray {
namespace sync_state_test {
namespace {

Digest digest(char fill) { return Digest::parse("sha256:" + std::string(64, fill)).value(); }
const SyncState::Pair pair_a{"h:1/a", "h:1/b", "linux/amd64"};

TEST(SyncState, ReadsWhatItWrote) {
  SyncState state;
  state.set(pair_a, {{"1", {digest('a'), digest('b')}}, {"2", {digest('c'), digest('c')}}});
  state.set({"h:1/x", "oci:y", ""}, {});
  EXPECT_EQ(SyncState::parse(state.text()).value(), state);
  EXPECT_EQ(state.find(pair_a)->at("1").destination, digest('b'));
  EXPECT_EQ(state.find({"h:1/a", "h:1/b", ""}), nullptr);
  state.keep_only({pair_a});
  EXPECT_EQ(state.find({"h:1/x", "oci:y", ""}), nullptr);
}

TEST(SyncState, RefusesWhatIsNone) {
  for (
      const char* text :
      {"", "[]", "{}", R"({"version":2,"places":[]})", R"({"version":1})", R"({"version":1,"places":[{}]})",
       R"({"version":1,"places":[{"source":"a","destination":"b","choice":""}]})",
       R"({"version":1,"places":[{"source":"a","destination":"b","choice":"","tags":{"1":"x"}}]})",
       R"({"version":1,"places":[{"source":"a","destination":"b","choice":"","tags":{"1":{"source":"x","destination":"y"}}}]})"}) {
    EXPECT_EQ(SyncState::parse(text).error().code(), ErrorCode::invalid_input) << text;
  }
}

TEST(SyncStateFile, IsLockedSavedAndReadAgain) {
  const testing::TempDir folder;
  const auto path = folder / "state.json";
  {
    auto file = SyncStateFile::open(path).value();
    EXPECT_EQ(SyncStateFile::open(path).error().code(), ErrorCode::conflict);
    file.state().set(pair_a, {{"1", {digest('a'), digest('b')}}});
    ASSERT_TRUE(file.save());
  }
  auto again = SyncStateFile::open(path).value();
  ASSERT_NE(again.state().find(pair_a), nullptr);
}

TEST(SyncStateFile, ABrokenOneIsLeftAsItIs) {
  const testing::TempDir folder;
  const auto path = folder.write("state.json", "broken");
  EXPECT_EQ(SyncStateFile::open(path).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(testing::read_bytes(path), "broken");
  EXPECT_FALSE(SyncStateFile::open(folder / "no/such/folder/state.json"));
}

}  // namespace
}  // namespace sync_state_test
}  // namespace dray
