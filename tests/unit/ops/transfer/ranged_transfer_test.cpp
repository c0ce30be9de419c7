#include <gtest/gtest.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/ops/copy.hpp>
#include <dray/store/oci_layout.hpp>

#include "../fake_places.hpp"
#include "../images.hpp"
#include "support/image_maker.hpp"
#include "support/temp_dir.hpp"

// Large blobs on their way to a place that takes them in pieces, through `copy`.

namespace dray::ops {
namespace ranged_transfer_test {
namespace {

using testing::FakeDisk;
using testing::FakeStore;

constexpr std::uint64_t mib = 1024 * 1024;

/// Lets a growth take effect: once it was told, every stream waits until `opens` were asked for.
class HoldingObserver final : public Observer {
 public:
  HoldingObserver(FakeStore& source, int opens, std::shared_ptr<Observer> next)
      : source_(source), opens_(opens), next_(std::move(next)) {}
  using Observer::on;
  void on(const Started& event) override { next_->on(event); }
  void on(const Decided& event) override {
    if (event.text.find("opening") != std::string::npos) source_.hold_until_opens(opens_);
    next_->on(event);
  }

 private:
  FakeStore& source_;
  const int opens_;
  std::shared_ptr<Observer> next_;
};

const std::string& layer_bytes() {
  static const std::string bytes = dray::testing::random_bytes(72 * mib, 7);
  return bytes;
}

class RangedTransferTest : public ::testing::Test {
 protected:
  RangedTransferTest()
      : image_(testing::put_image(source_, {layer_bytes()}, "linux/amd64", "v1")),
        layer_(image_.manifest.layers.front()) {
    source_.forget_log();
    options_.observer = observer_;
    options_.clock = &clock_;
    options_.jobs = 1;  // the layer has all connections to itself, and the config comes after it
  }

  void hold_until_opens(int opens) { options_.observer = std::make_shared<HoldingObserver>(source_, opens, observer_); }
  void line(double bytes_per_second, bool shared) { source_.line = {&clock_, bytes_per_second, shared}; }

  Result<CopyReport> run(ContentSink& sink) { return copy(source_, std::string("v1"), sink, "v1", options_, {}); }

  [[nodiscard]] std::size_t opens() const { return source_.count("open " + layer_.digest.text()); }
  [[nodiscard]] std::uint64_t other_bytes() const { return image_.manifest.config.size; }

  testing::LineClock clock_;
  FakeStore source_;
  const std::string& bytes_ = layer_bytes();
  const testing::TestImage image_;
  const Descriptor layer_;
  std::shared_ptr<testing::RecordingObserver> observer_ = std::make_shared<testing::RecordingObserver>();
  CopyOptions options_;
  FakeDisk disk_;
};

TEST_F(RangedTransferTest, AFastLineKeepsOneStream) {
  line(2e9, false);
  const auto report = run(disk_).value();
  EXPECT_EQ(opens(), 1U);
  EXPECT_EQ(report.bytes_transferred, layer_.size + other_bytes());
}

TEST_F(RangedTransferTest, ASlowConnectionGetsCompany) {
  line(10e6, false);
  hold_until_opens(16);
  const auto report = run(disk_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(observer_->decided("over one connection"));
  EXPECT_TRUE(observer_->decided("opening 15 more"));
  EXPECT_EQ(source_.most_streams(), static_cast<int>(limits::max_connections));
  EXPECT_TRUE(disk_.has_blob(layer_, {}).value());
}

TEST_F(RangedTransferTest, SettlesWhereTheLineIsShared) {
  line(10e6, true);
  ASSERT_TRUE(run(disk_));
  EXPECT_TRUE(observer_->decided("no more than fewer did"));
  const auto decided = observer_->events().decided;
  EXPECT_EQ(std::ranges::count_if(decided, [](const auto& text) { return text.find("opening") != std::string::npos; }),
            1);
}

TEST_F(RangedTransferTest, RespectsTheNumberOfConnections) {
  line(10e6, false);
  options_.connections = 3;
  hold_until_opens(3);
  ASSERT_TRUE(run(disk_));
  EXPECT_EQ(source_.most_streams(), 3);
}

TEST_F(RangedTransferTest, APlaceThatIgnoresRangesKeepsOneStream) {
  line(10e6, false);
  source_.faults.ignores_ranges = true;
  hold_until_opens(16);
  const auto report = run(disk_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(observer_->decided("ignores ranges"));
  EXPECT_TRUE(disk_.has_blob(layer_, {}).value());
}

TEST_F(RangedTransferTest, ARefusedConnectionCostsOnlyItsHelp) {
  line(10e6, false);
  source_.faults.refuse_beyond = 2;
  hold_until_opens(16);
  const auto report = run(disk_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(observer_->decided("one was refused"));
  EXPECT_LE(source_.most_streams(), 2);
}

TEST_F(RangedTransferTest, AHelperWithoutMemoryEndsTheTransferInsteadOfHoldingItsRange) {
  line(10e6, false);
  source_.faults.throw_beyond = 1;
  EXPECT_THROW(static_cast<void>(run(disk_)), std::bad_alloc);
  EXPECT_FALSE(disk_.has_blob(layer_, {}).value());
}

TEST_F(RangedTransferTest, CutsEvery32MebibytesCostAtMostThreePercent) {
  source_.faults.cut_every = 32 * mib;
  const auto report = run(disk_).value();
  EXPECT_EQ(opens(), 3U);
  EXPECT_LE(report.bytes_transferred, (layer_.size + other_bytes()) * 103 / 100);
}

TEST_F(RangedTransferTest, CutsAndParallelRangesTogether) {
  line(10e6, false);
  source_.faults.cut_every = 3 * mib;
  const auto report = run(disk_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(disk_.has_blob(layer_, {}).value());
}

TEST_F(RangedTransferTest, GoesOnWhereAnEarlierProcessStopped) {
  std::string left(bytes_.size(), '\0');
  const std::vector<ByteRange> written = {{0, 30 * mib}, {50 * mib, 60 * mib}};
  for (const auto& range : written)
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(range.begin), range.size(),
                left.begin() + static_cast<std::ptrdiff_t>(range.begin));
  disk_.leave(layer_.digest, {left, written});
  const auto report = run(disk_).value();
  EXPECT_EQ(report.bytes_transferred, layer_.size - 40 * mib + other_bytes());
  EXPECT_EQ(observer_->events().started.at(0).resumed_bytes, 40 * mib);
  EXPECT_EQ(source_.count("open " + layer_.digest.text() + " " + std::to_string(30 * mib)), 1U);
  EXPECT_EQ(source_.count("open " + layer_.digest.text() + " " + std::to_string(60 * mib)), 1U);
}

TEST_F(RangedTransferTest, AFailedRunLeavesItsBytesForTheNext) {
  source_.faults.cut_every = 40 * mib;
  // The line goes down for good after the first cut.
  class Down final : public Observer {
   public:
    explicit Down(FakeStore& source) : source_(source) {}
    using Observer::on;
    void on(const Decided&) override { source_.faults.fail_opens = 1000; }

   private:
    FakeStore& source_;
  };
  options_.observer = std::make_shared<Down>(source_);
  const auto failed = run(disk_);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(disk_.list_tags({}).value().size() > 0);
  EXPECT_EQ(disk_.written(layer_.digest), (std::vector<ByteRange>{{0, 40 * mib}}));
  options_.observer = observer_;
  source_.faults = {};
  source_.forget_log();
  ASSERT_TRUE(run(disk_));
  EXPECT_LE(source_.bytes_sent(), layer_.size - 40 * mib + other_bytes());
}

TEST_F(RangedTransferTest, DamageFromAnEarlierProcessIsFetchedAnewOnce) {
  disk_.leave(layer_.digest, {std::string(bytes_.size(), 'x'), {{0, 20 * mib}}});
  const auto report = run(disk_);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(observer_->decided("what an earlier run left is damaged"));
  EXPECT_TRUE(disk_.has_blob(layer_, {}).value());
  EXPECT_EQ(report->bytes_transferred, 2 * layer_.size - 20 * mib + other_bytes());
}

TEST_F(RangedTransferTest, WrongBytesAreNotFetchedTwice) {
  source_.faults.lies[layer_.digest] = std::string(bytes_.size(), 'x');
  const auto report = run(disk_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(opens(), 1U);
}

TEST_F(RangedTransferTest, ABlobOfAnotherSizeIsRefused) {
  source_.faults.lies[layer_.digest] = bytes_.substr(0, 10 * mib);
  auto report = run(disk_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch) << report.error().message();
  source_.faults.lies[layer_.digest] = bytes_ + "more";
  FakeDisk fresh;
  report = run(fresh);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch) << report.error().message();
}

TEST_F(RangedTransferTest, ManyConnectionsIntoAnOciLayout) {
  line(10e6, false);
  source_.faults.cut_every = 5 * mib;
  hold_until_opens(16);
  const dray::testing::TempDir folder;
  auto layout = OciLayout::create(folder / "layout").value();
  const auto report = run(*layout);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(layout->has_blob(layer_, {}).value());
  // Not the streams open at one moment: one that was cut may be on its way back.
  EXPECT_TRUE(observer_->decided("opening 15 more"));
}

}  // namespace
}  // namespace ranged_transfer_test
}  // namespace dray::ops
