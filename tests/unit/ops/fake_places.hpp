#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/memory_store.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dray::ops::testing {

/// Time that passes only where somebody says so, to the nanosecond; a sleep moves it on. Safe from many threads.
class LineClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(passed_.load()));
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall_now() const override { return {}; }
  bool sleep_for(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    if (stop.stop_requested()) return false;
    advance(duration);
    ++sleeps_;
    return true;
  }
  void advance(std::chrono::nanoseconds duration) { passed_ += duration.count(); }
  [[nodiscard]] int sleeps() const { return sleeps_; }

 private:
  std::atomic<std::int64_t> passed_{1'000'000'000};
  std::atomic<int> sleeps_{0};
};

/// How a place misbehaves.
struct Faults {
  std::uint64_t cut_every = 0;         ///< Not 0: each stream breaks after so many bytes.
  std::uint64_t end_every = 0;         ///< Not 0: each stream ends in good order after so many bytes.
  int fail_nth = 0;                    ///< Not 0: the n-th operation of the place fails with `io`.
  int fail_opens = 0;                  ///< So many opens fail with `unavailable`.
  int refuse_beyond = 0;               ///< Not 0: more streams at a time are refused.
  int throw_beyond = 0;                ///< Not 0: for more streams at a time there is no memory.
  bool ignores_ranges = false;         ///< Every stream begins at the first byte.
  std::set<Digest> stalls;             ///< Streams of these say nothing until they are stopped.
  std::map<Digest, std::string> lies;  ///< Other bytes than the digest's.
};
using SharedBytes = std::shared_ptr<const std::string>;

/// A line whose time passes on a LineClock as bytes cross it.
struct Line {
  LineClock* clock = nullptr;
  double bytes_per_second = 0;  ///< Of each connection, or of all together where they share it.
  bool shared = false;
};

/// A place in memory that misbehaves as told and remembers what it was asked for, in order.
class FakeStore : public ContentStore {
 public:
  Faults faults;
  Line line;

  [[nodiscard]] std::string describe() const override { return "fake"; }
  Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    return inner_.resolve(name, stop);
  }
  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    DRAY_TRY(count_operation());
    note("get " + text(name));
    return inner_.get_manifest(name, stop);
  }
  Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                               const std::stop_token& stop) override;
  Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override { return inner_.list_tags(stop); }
  Result<bool> has_blob(const Descriptor& blob, const std::stop_token& stop) override {
    DRAY_TRY(count_operation());
    return inner_.has_blob(blob, stop);
  }
  Result<void> put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) override {
    DRAY_TRY(count_operation());
    DRAY_TRY(inner_.put_blob(expected, open, stop));
    note("blob " + expected.digest.text());
    return {};
  }
  Result<bool> has_manifest(const Digest& digest, const std::stop_token& stop) override {
    return inner_.has_manifest(digest, stop);
  }
  Result<void> put_manifest(const RawManifest& manifest, const std::stop_token& stop) override {
    DRAY_TRY(count_operation());
    note("manifest " + manifest.descriptor.digest.text());
    return inner_.put_manifest(manifest, stop);
  }
  Result<void> set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) override {
    DRAY_TRY(count_operation());
    note("tag " + tag);
    return inner_.set_tag(tag, manifest, stop);
  }
  Result<void> remove_tag(const std::string& tag, const std::stop_token& stop) override {
    return inner_.remove_tag(tag, stop);
  }
  Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) override {
    return inner_.remove_manifest(digest, stop);
  }
  Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) override {
    return inner_.remove_blob(digest, stop);
  }
  Result<void> finish(const std::stop_token&) override {
    DRAY_TRY(count_operation());
    note("finish");
    return {};
  }

  /// What was asked for: `get …`, `open …`, `blob …`, `manifest …`, `tag …`, `mount …`, `url …`, `finish`.
  [[nodiscard]] std::vector<std::string> log() const {
    return log_.with([](const auto& lines) { return lines; });
  }
  [[nodiscard]] std::size_t count(std::string_view prefix) const;
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }
  [[nodiscard]] int most_streams() const {
    const std::lock_guard lock(streams_mutex_);
    return streams_.most;
  }
  void forget_log() {
    log_.with([](auto& lines) { lines.clear(); });
    bytes_sent_ = 0;
  }
  [[nodiscard]] MemoryStore& inner() { return inner_; }

  /// Not counting what was done so far.
  void fail_nth_from_now(int nth) { faults.fail_nth = operations_ + nth; }
  /// Holds every stream until so many of a large blob were asked for: threads that were started get their turn.
  void hold_until_opens(int opens);

 protected:
  void note(std::string request) {
    log_.with([&](auto& lines) { lines.push_back(std::move(request)); });
  }
  Result<OpenedBlob> send(const Descriptor& blob, SharedBytes bytes, const std::optional<ByteRange>& range,
                          const std::stop_token& stop);

 private:
  class Stream;
  struct Streams {
    int open = 0;
    int most = 0;
    int asked_for = 0;  // of large blobs
    int held_until = 0;
  };
  bool open_stream(const Descriptor& blob);
  void close_stream();
  Result<void> count_operation() {
    if (++operations_ != faults.fail_nth) return {};
    return Error(ErrorCode::io, "input/output error");
  }
  int wait_and_count_streams(const std::stop_token& stop);

  MemoryStore inner_;
  Guarded<std::vector<std::string>> log_;
  std::atomic<std::uint64_t> bytes_sent_{0};
  std::atomic<int> opens_{0};
  std::atomic<int> operations_{0};
  mutable std::mutex streams_mutex_;
  std::condition_variable_any streams_changed_;
  Streams streams_;
  Guarded<std::map<Digest, SharedBytes>> cache_;  // a stream of a large blob costs no copy
};

/// A repository on a registry, for mounts and foreign layers.
class FakeRepository final : public FakeStore, public HasOrigin, public MountsBlobs, public OpensUrls {
 public:
  explicit FakeRepository(RepositoryOrigin origin) : origin_(std::move(origin)) {}

  FakeRepository* sister = nullptr;                ///< Where mounts come from; nullptr: none succeeds.
  std::optional<Error> mount_error;                ///< Every mount fails so.
  std::map<std::string, std::string> behind_urls;  ///< Bytes by URL.

  [[nodiscard]] RepositoryOrigin origin() const override { return origin_; }
  Result<bool> mount_blob(const Descriptor& blob, const RepositoryOrigin& from, const std::stop_token& stop) override;
  Result<OpenedBlob> open_url(const Descriptor& blob, const std::string& url, const std::optional<ByteRange>& range,
                              const std::stop_token& stop) override;

 private:
  RepositoryOrigin origin_;
};

/// A place that is written at any offset and keeps what an unfinished try wrote.
class FakeDisk final : public FakeStore, public WritesPositioned, public HasFreeSpace {
 public:
  struct Partial {
    std::string bytes;
    std::vector<ByteRange> written;  // in order
    bool in_use = false;
  };
  std::uint64_t free = UINT64_MAX;
  std::optional<Error> write_error;  ///< Every write fails so.
  std::uint64_t held = 0;            ///< What unfinished tries have set aside for each blob.

  Result<std::unique_ptr<PositionedWriter>> begin_blob(const Descriptor& blob, const std::stop_token& stop) override;
  Result<std::uint64_t> free_bytes() override { return free; }
  Result<std::uint64_t> set_aside_bytes(const Descriptor&) override { return held; }

  /// What an earlier process left of a blob.
  void leave(const Digest& digest, Partial partial) {
    partials_.with([&](auto& all) { all.insert_or_assign(digest, std::move(partial)); });
  }
  [[nodiscard]] std::vector<ByteRange> written(const Digest& digest) const {
    return partials_.with([&](const auto& all) {
      const auto found = all.find(digest);
      return found == all.end() ? std::vector<ByteRange>() : found->second.written;
    });
  }

 private:
  class Writer;
  Guarded<std::map<Digest, Partial>> partials_;
};

/// Remembers every event.
class RecordingObserver final : public Observer {
 public:
  void on(const Planned& event) override {
    events_.with([&](Events& events) { events.planned.push_back(event); });
  }
  void on(const Started& event) override {
    events_.with([&](Events& events) { events.started.push_back(event); });
  }
  void on(const Progress& event) override {
    events_.with([&](Events& events) { events.progress.push_back(event); });
  }
  void on(const Finished& event) override {
    events_.with([&](Events& events) { events.finished.push_back(event); });
  }
  void on(const Decided& event) override {
    events_.with([&](Events& events) { events.decided.push_back(event.text); });
  }
  struct Events {
    std::vector<Planned> planned;
    std::vector<Started> started;
    std::vector<Progress> progress;
    std::vector<Finished> finished;
    std::vector<std::string> decided;
  };
  [[nodiscard]] Events events() const {
    return events_.with([](const Events& events) { return events; });
  }
  /// True when a decision was told whose text holds `part`.
  [[nodiscard]] bool decided(std::string_view part) const;

 private:
  Guarded<Events> events_;
};

}  // namespace dray::ops::testing
