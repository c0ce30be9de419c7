#include <dray/client/mirrored.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace dray::client {
namespace mirrored_test {
namespace {

const Digest digest = *Digest::parse("sha256:" + std::string(64, 'a'));
const ManifestName by_digest = digest;
const ManifestName by_tag = std::string("1");

/// A source that holds everything, or fails in one way, and counts who asks.
class FakeSource final : public ContentSource {
 public:
  explicit FakeSource(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] std::string describe() const override { return name_; }
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName&, const std::stop_token&) override {
    return answer(Descriptor{MediaType::of("application/x"), digest, 1});
  }
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName&, const std::stop_token&) override {
    return answer(RawManifest{{MediaType::of("application/x"), digest, 1}, name_});
  }
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor&, const std::optional<ByteRange>&,
                                             const std::stop_token&) override {
    return answer(OpenedBlob{nullptr, 0});
  }
  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token&) override {
    return answer(std::vector{name_});
  }

  std::optional<ErrorCode> fails;
  int asked = 0;

 private:
  template <class T>
  Result<T> answer(T value) {
    ++asked;
    if (fails) return Error(*fails, name_ + " failed");
    return value;
  }

  std::string name_;
};

class NoteTaker final : public Observer {
 public:
  void on(const Note& note) override { notes.push_back(note.text); }
  using Observer::on;
  std::vector<std::string> notes;
};

class MirroredTest : public ::testing::Test {
 protected:
  void open(MirrorUse first = MirrorUse::all, MirrorUse second = MirrorUse::all) {
    source = make_mirrored(original, {{one, first}, {two, second}}, notes);
  }
  /// Who answers, or the error's text.
  std::string manifest(const ManifestName& name) {
    auto got = source->get_manifest(name, {});
    return got ? got->bytes : got.error().message();
  }
  Result<OpenedBlob> blob() { return source->open_blob({MediaType::of("application/x"), digest, 1}, {}, {}); }
  /// How often each was asked since the last look: the first mirror, the second, the original.
  std::vector<int> asked() {
    return {std::exchange(one->asked, 0), std::exchange(two->asked, 0), std::exchange(original->asked, 0)};
  }
  using Asked = std::vector<int>;

  std::shared_ptr<FakeSource> one = std::make_shared<FakeSource>("one");
  std::shared_ptr<FakeSource> two = std::make_shared<FakeSource>("two");
  std::shared_ptr<FakeSource> original = std::make_shared<FakeSource>("original");
  NoteTaker notes;
  std::shared_ptr<ContentSource> source;
};

TEST_F(MirroredTest, AsksTheFirstMirrorAndNobodyElse) {
  open();
  EXPECT_EQ(manifest(by_tag), "one");
  EXPECT_EQ(manifest(by_digest), "one");
  EXPECT_TRUE(source->resolve(by_tag, {}));
  EXPECT_TRUE(blob());
  EXPECT_EQ(asked(), (Asked{4, 0, 0}));
  EXPECT_EQ(notes.notes, std::vector<std::string>{"original 1 is answered by its mirror one"});
  EXPECT_EQ(dynamic_cast<NamesAnswerer&>(*source).answered_by(), "one");
}

TEST_F(MirroredTest, GoesOnToTheNextAndToTheOriginalLast) {
  open();
  one->fails = ErrorCode::not_found;
  EXPECT_EQ(manifest(by_tag), "two");
  two->fails = ErrorCode::not_found;
  EXPECT_EQ(manifest(by_tag), "original");
  EXPECT_EQ(dynamic_cast<NamesAnswerer&>(*source).answered_by(), "original");
}

TEST_F(MirroredTest, GoesOnAfterEveryFailureThatAnotherMayMend) {
  for (const auto code :
       {ErrorCode::not_found, ErrorCode::unavailable, ErrorCode::timed_out, ErrorCode::unauthorized, ErrorCode::denied,
        ErrorCode::rate_limited, ErrorCode::protocol, ErrorCode::invalid_input, ErrorCode::unsupported}) {
    open();
    one->fails = code;
    EXPECT_EQ(manifest(by_tag), "two");
    EXPECT_TRUE(blob());
  }
}

TEST_F(MirroredTest, StopsWhereAnotherMustNotHideTheFailure) {
  for (const auto code : {ErrorCode::digest_mismatch, ErrorCode::cancelled, ErrorCode::limit_exceeded}) {
    open();
    one->fails = code;
    EXPECT_EQ(manifest(by_digest), "one failed");
    EXPECT_EQ(asked(), (Asked{1, 0, 0}));
  }
}

TEST_F(MirroredTest, AsksADeadMirrorOnce) {
  open();
  one->fails = ErrorCode::unavailable;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(blob());
  EXPECT_EQ(asked(), (Asked{1, 5, 0}));
  ASSERT_EQ(notes.notes.size(), 1U);
  EXPECT_EQ(notes.notes.front(), "one failed (one failed) and is not asked again; asking two");
}

TEST_F(MirroredTest, AsksAgainAMirrorThatLackedSomething) {
  open();
  one->fails = ErrorCode::not_found;
  EXPECT_TRUE(blob());
  one->fails.reset();
  EXPECT_TRUE(blob());
  EXPECT_EQ(asked(), (Asked{2, 1, 0}));
}

TEST_F(MirroredTest, AsksWhoAnsweredForTheManifestFirst) {
  open();
  one->fails = ErrorCode::not_found;
  EXPECT_EQ(manifest(by_tag), "two");
  EXPECT_TRUE(blob());
  EXPECT_EQ(asked(), (Asked{1, 2, 0}));
  two->fails = ErrorCode::unavailable;
  one->fails.reset();
  EXPECT_TRUE(blob());
  EXPECT_EQ(asked(), (Asked{1, 1, 0}));
}

TEST_F(MirroredTest, AsksNoMirrorForDigestsAboutATag) {
  open(MirrorUse::digests, MirrorUse::digests);
  EXPECT_EQ(manifest(by_tag), "original");
  EXPECT_EQ(asked(), (Asked{0, 0, 1}));
  EXPECT_EQ(manifest(by_digest), "one");
  EXPECT_TRUE(blob());
  EXPECT_EQ(asked(), (Asked{2, 0, 0}));
  EXPECT_EQ(manifest(by_tag), "original");
}

TEST_F(MirroredTest, AsksAMirrorForTagsAboutDigestsOnlyWhereItAnsweredTheTag) {
  open(MirrorUse::tags, MirrorUse::all);
  EXPECT_EQ(manifest(by_digest), "two");
  open(MirrorUse::tags, MirrorUse::all);
  EXPECT_EQ(manifest(by_tag), "one");
  EXPECT_EQ(manifest(by_digest), "one");
}

TEST_F(MirroredTest, ListsTheTagsOfTheOriginal) {
  open();
  EXPECT_EQ(source->list_tags({}).value_or(std::vector<std::string>()), std::vector<std::string>{"original"});
  EXPECT_EQ(asked(), (Asked{0, 0, 1}));
}

TEST_F(MirroredTest, TellsEveryFailureWhenNobodyAnswers) {
  open();
  one->fails = ErrorCode::unavailable;
  two->fails = ErrorCode::unauthorized;
  original->fails = ErrorCode::not_found;
  const auto got = source->get_manifest(by_tag, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::not_found);
  EXPECT_EQ(got.error().message(), "original failed; one before: one failed; two before: two failed");
}

TEST_F(MirroredTest, AsksTheOriginalAgainHoweverOftenItFailed) {
  open();
  one->fails = two->fails = original->fails = ErrorCode::unavailable;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(blob());
  EXPECT_EQ(asked(), (Asked{1, 1, 3}));
}

TEST_F(MirroredTest, IsTheOriginalWithoutMirrors) { EXPECT_EQ(make_mirrored(original, {}, notes), original); }

}  // namespace
}  // namespace mirrored_test
}  // namespace dray::client
