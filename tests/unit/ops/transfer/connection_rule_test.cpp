#include "transfer/connection_rule.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace dray::ops {
namespace connection_rule_test {
namespace {

using std::chrono::milliseconds;
using What = ConnectionDecision::What;

constexpr std::uint64_t mib = 1024 * 1024;

/// A 300 MiB blob alone on a line of 20 MB/s a connection, after the probe.
BlobLoad slow_line() {
  return {.body_time = milliseconds(120),
          .bytes_left = 298 * mib,
          .all_bytes_left = 298 * mib,
          .bytes_per_second = 20e6,
          .connections = 1,
          .free_connections = 15,
          .max_connections = 16,
          .growth = {}};
}

template <class Change>
BlobLoad slow_line(Change change) {
  auto load = slow_line();
  change(load);
  return load;
}

struct Row {
  std::string name;
  BlobLoad load;
  What what;
  std::size_t connections;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};

class ConnectionRule : public ::testing::TestWithParam<Row> {};

TEST_P(ConnectionRule, Holds) {
  const auto decision = decide_connections(GetParam().load);
  EXPECT_EQ(decision.what, GetParam().what);
  EXPECT_EQ(decision.connections, GetParam().connections);
}

const auto after_growth = [](BlobLoad& load) {
  load.connections = 16;
  load.free_connections = 0;
  load.growth = BlobLoad::Growth{milliseconds(320), 1, 20e6};
};

INSTANTIATE_TEST_SUITE_P(
    Table, ConnectionRule,
    ::testing::Values(
        Row{"OpensAllAtOnceOnASlowLine", slow_line(), What::add, 15},
        Row{"BelievesNoRateBeforeTheProbe", slow_line([](auto& l) { l.body_time = milliseconds(90); }), What::as_is, 0},
        Row{"OneStreamWhereItIsSoonDone", slow_line([](auto& l) { l.bytes_per_second = 400e6; }), What::as_is, 0},
        Row{"SmallRestIsNotWorthIt", slow_line([](auto& l) { l.bytes_left = 15 * mib; }), What::as_is, 0},
        Row{"TestsWhereOneConnectionIsFast", slow_line([](auto& l) {
              l.bytes_left = l.all_bytes_left = 4096 * mib;
              l.bytes_per_second = 300e6;
            }),
            What::test, 1},
        Row{"DoublesWhereTheSumIsFast", slow_line([](auto& l) {
              l.bytes_left = l.all_bytes_left = 4096 * mib;
              l.connections = 4;
              l.free_connections = 12;
              l.bytes_per_second = 300e6;
            }),
            What::test, 4},
        Row{"TakesNoMoreThanAreFree", slow_line([](auto& l) { l.free_connections = 3; }), What::add, 3},
        Row{"NoneFreeChangesNothing", slow_line([](auto& l) { l.free_connections = 0; }), What::as_is, 0},
        Row{"SharesWithOtherBlobs", slow_line([](auto& l) { l.all_bytes_left = 4 * l.bytes_left; }), What::add, 3},
        Row{"NoRangeBelowTheSmallest", slow_line([](auto& l) { l.bytes_left = l.all_bytes_left = 24 * mib; }),
            What::add, 5},
        Row{"RespectsTheUsersLimit", slow_line([](auto& l) {
              l.max_connections = 4;
              l.free_connections = 3;
            }),
            What::add, 3},
        Row{"NothingComesIsNoReason", slow_line([](auto& l) { l.bytes_per_second = 0; }), What::as_is, 0},
        Row{"WaitsBeforeItJudges", slow_line([](auto& l) {
              after_growth(l);
              l.growth->ago = milliseconds(200);
              l.bytes_per_second = 20e6;
            }),
            What::as_is, 0},
        Row{"SettlesWhereTheSumDidNotRise", slow_line([](auto& l) {
              after_growth(l);
              l.bytes_per_second = 22e6;
            }),
            What::settle, 0},
        Row{"KeepsWhatRaisedTheSum", slow_line([](auto& l) {
              after_growth(l);
              l.bytes_per_second = 310e6;
            }),
            What::as_is, 0},
        Row{"AFewMoreAmongManyNeedRaiseItLittle", slow_line([](auto& l) {
              after_growth(l);
              l.growth->connections_before = 14;
              l.growth->bytes_per_second_before = 280e6;
              l.bytes_per_second = 305e6;
            }),
            What::as_is, 0},
        Row{"AndIsHeldToThat", slow_line([](auto& l) {
              after_growth(l);
              l.growth->connections_before = 14;
              l.growth->bytes_per_second_before = 280e6;
              l.bytes_per_second = 281e6;
            }),
            What::settle, 0}),
    [](const auto& row) { return row.param.name; });

struct QueueRow {
  std::string name;
  QueueLoad load;
  std::size_t blobs;
  friend void PrintTo(const QueueRow& row, std::ostream* out) { *out << row.name; }
};

class QueueRule : public ::testing::TestWithParam<QueueRow> {};

TEST_P(QueueRule, Holds) { EXPECT_EQ(decide_blobs(GetParam().load), GetParam().blobs); }

INSTANTIATE_TEST_SUITE_P(
    Table, QueueRule,
    ::testing::Values(QueueRow{"ManySmallOnesOverALongLine", {milliseconds(110), 56, 100 * mib, 40e6, 12}, 12},
                      QueueRow{"NoMoreThanWait", {milliseconds(110), 3, 100 * mib, 40e6, 12}, 3},
                      QueueRow{"NotBeforeTheProbe", {milliseconds(50), 56, 100 * mib, 40e6, 12}, 0},
                      QueueRow{"NotWhereTheyAreSoonDone", {milliseconds(110), 56, 100 * mib, 400e6, 12}, 0},
                      QueueRow{"NothingWaits", {milliseconds(110), 0, 0, 40e6, 12}, 0}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace connection_rule_test
}  // namespace dray::ops
