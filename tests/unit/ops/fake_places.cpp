#include "fake_places.hpp"

#include <algorithm>
#include <cstring>
#include <dray/store/verify.hpp>
#include <mutex>
#include <new>
#include <thread>

namespace dray::ops::testing {

class FakeStore::Stream final : public ByteSource {
 public:
  Stream(FakeStore& store, SharedBytes bytes, ByteRange range, bool stalls, std::stop_token stop)
      : store_(store), bytes_(std::move(bytes)), range_(range), stalls_(stalls), stop_(std::move(stop)) {}
  ~Stream() override { store_.close_stream(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Result<std::size_t> read(ByteSpan into) override {
    if (stalls_) stall();
    if (stop_.stop_requested()) return Error(ErrorCode::cancelled, "stopped");
    if (const auto every = store_.faults.cut_every; every != 0 && sent_ >= every) {
      return Error(ErrorCode::unavailable, "connection reset by peer");
    }
    auto count = std::min<std::uint64_t>(into.size(), range_.size());
    if (const auto every = store_.faults.cut_every; every != 0) count = std::min(count, every - sent_);
    if (const auto every = store_.faults.end_every; every != 0) count = std::min(count, every - sent_);
    std::memcpy(into.data(), bytes_->data() + range_.begin, count);
    range_.begin += count;
    sent_ += count;
    store_.bytes_sent_ += count;
    pass_time(count);
    return static_cast<std::size_t>(count);
  }

 private:
  void stall() {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, stop_, [] { return false; });
  }

  /// All streams run side by side: each read moves the common clock by its share.
  void pass_time(std::uint64_t count) {
    const auto streams = store_.wait_and_count_streams(stop_);
    const auto& line = store_.line;
    if (line.clock == nullptr) return;
    const auto lanes = line.shared ? 1 : streams;
    const auto seconds = static_cast<double>(count) / line.bytes_per_second / lanes;
    line.clock->advance(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
    // Give the other threads a turn: the model has them all at the same speed.
    std::this_thread::yield();
  }

  FakeStore& store_;
  const SharedBytes bytes_;
  ByteRange range_;
  bool stalls_;
  std::stop_token stop_;
  std::uint64_t sent_ = 0;
};

Result<OpenedBlob> FakeStore::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                        const std::stop_token& stop) {
  DRAY_TRY(count_operation());
  note("open " + blob.digest.text() + (range ? " " + std::to_string(range->begin) : ""));
  if (++opens_ <= faults.fail_opens) return Error(ErrorCode::unavailable, "no route to host");
  if (const auto lie = faults.lies.find(blob.digest); lie != faults.lies.end()) {
    return send(blob, std::make_shared<const std::string>(lie->second), range, stop);
  }
  DRAY_TRY_ASSIGN(auto opened, inner_.open_blob(blob, std::nullopt, stop));
  auto bytes = cache_.with([&](auto& cache) { return cache[blob.digest]; });
  if (!bytes) {
    DRAY_TRY_ASSIGN(auto read, read_all(*opened.bytes, blob.size));
    bytes = std::make_shared<const std::string>(std::move(read));
    cache_.with([&](auto& cache) { cache[blob.digest] = bytes; });
  }
  return send(blob, std::move(bytes), range, stop);
}

Result<OpenedBlob> FakeStore::send(const Descriptor& blob, SharedBytes bytes, const std::optional<ByteRange>& range,
                                   const std::stop_token& stop) {
  ByteRange sent{0, bytes->size()};
  if (range && !faults.ignores_ranges) {
    if (range->begin >= bytes->size()) return Error(ErrorCode::invalid_input, "416 range not satisfiable");
    sent = {range->begin, std::min<std::uint64_t>(range->end, bytes->size())};
  }
  if (!open_stream(blob)) return Error(ErrorCode::rate_limited, "too many connections");
  const bool stalls = faults.stalls.contains(blob.digest);
  return OpenedBlob{std::make_unique<Stream>(*this, std::move(bytes), sent, stalls, stop), sent.begin};
}

bool FakeStore::open_stream(const Descriptor& blob) {
  constexpr std::uint64_t large = 1024 * 1024;
  bool opened = false;
  {
    const std::lock_guard lock(streams_mutex_);
    if (blob.size >= large) ++streams_.asked_for;
    if (faults.throw_beyond != 0 && streams_.open >= faults.throw_beyond) throw std::bad_alloc();
    opened = faults.refuse_beyond == 0 || streams_.open < faults.refuse_beyond;
    if (opened) streams_.most = std::max(streams_.most, ++streams_.open);
  }
  streams_changed_.notify_all();
  return opened;
}

void FakeStore::close_stream() {
  const std::lock_guard lock(streams_mutex_);
  --streams_.open;
}

void FakeStore::hold_until_opens(int opens) {
  const std::lock_guard lock(streams_mutex_);
  streams_.held_until = opens;
}

int FakeStore::wait_and_count_streams(const std::stop_token& stop) {
  std::unique_lock lock(streams_mutex_);
  streams_changed_.wait(lock, stop, [this] { return streams_.asked_for >= streams_.held_until; });
  return streams_.open;
}

std::size_t FakeStore::count(std::string_view prefix) const {
  return log_.with([&](const auto& lines) {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const std::string& request) { return request.starts_with(prefix); }));
  });
}

Result<bool> FakeRepository::mount_blob(const Descriptor& blob, const RepositoryOrigin& from,
                                        const std::stop_token& stop) {
  note("mount " + blob.digest.text() + " " + from.repository);
  if (mount_error) return Error(*mount_error);
  if (sister == nullptr) return false;
  DRAY_TRY_ASSIGN(const auto bytes, read_blob(sister->inner(), blob, blob.size, stop));
  DRAY_TRY(inner().put_blob(
      blob,
      [&bytes]() -> Result<std::unique_ptr<ByteSource>> {
        return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(bytes));
      },
      stop));
  return true;
}

Result<OpenedBlob> FakeRepository::open_url(const Descriptor& blob, const std::string& url,
                                            const std::optional<ByteRange>& range, const std::stop_token& stop) {
  note("url " + url);
  const auto found = behind_urls.find(url);
  if (found == behind_urls.end()) return Error(ErrorCode::not_found, "404");
  return send(blob, std::make_shared<const std::string>(found->second), range, stop);
}

class FakeDisk::Writer final : public PositionedWriter {
 public:
  Writer(FakeDisk& disk, Descriptor blob, bool resumed) : disk_(disk), blob_(std::move(blob)), resumed_(resumed) {}
  ~Writer() override {
    disk_.partials_.with([&](auto& all) {
      if (const auto found = all.find(blob_.digest); found != all.end()) found->second.in_use = false;
    });
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  std::vector<ByteRange> missing() const override {
    std::vector<ByteRange> gaps;
    std::uint64_t at = 0;
    for (const auto& range : disk_.written(blob_.digest)) {
      if (range.begin > at) gaps.push_back({at, range.begin});
      at = range.end;
    }
    if (at < blob_.size) gaps.push_back({at, blob_.size});
    return gaps;
  }
  bool resumed() const noexcept override { return resumed_; }

  Result<void> write(std::uint64_t offset, ByteView bytes) override {
    if (disk_.write_error) return Error(*disk_.write_error);
    return disk_.partials_.with([&](auto& all) -> Result<void> {
      auto& partial = all.at(blob_.digest);
      const ByteRange range{offset, offset + bytes.size()};
      for (const auto& other : partial.written) {
        if (other.begin < range.end && range.begin < other.end) {
          return Error(ErrorCode::invalid_input, "a byte was written twice");
        }
      }
      std::memcpy(partial.bytes.data() + offset, bytes.data(), bytes.size());
      add(partial.written, range);
      return {};
    });
  }

  Result<void> commit(const std::stop_token& stop) override {
    auto bytes = disk_.partials_.with([&](auto& all) {
      auto taken = std::move(all.at(blob_.digest).bytes);
      all.erase(blob_.digest);
      return taken;
    });
    DRAY_TRY(verify(as_bytes(bytes), blob_));
    return disk_.put_blob(
        blob_,
        [&bytes]() -> Result<std::unique_ptr<ByteSource>> {
          return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(bytes));
        },
        stop);
  }

 private:
  static void add(std::vector<ByteRange>& ranges, ByteRange range) {
    auto at = std::ranges::upper_bound(ranges, range.begin, {}, &ByteRange::begin);
    at = ranges.insert(at, range);
    if (const auto next = at + 1; next != ranges.end() && next->begin == at->end) {
      at->end = next->end;
      ranges.erase(next);
    }
    if (at != ranges.begin() && (at - 1)->end == at->begin) {
      (at - 1)->end = at->end;
      ranges.erase(at);
    }
  }

  FakeDisk& disk_;
  const Descriptor blob_;
  const bool resumed_;
};

Result<std::unique_ptr<PositionedWriter>> FakeDisk::begin_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const bool there, has_blob(blob, stop));
  if (there) return std::unique_ptr<PositionedWriter>();
  const bool resumed = partials_.with([&](auto& all) {
    auto& partial = all[blob.digest];
    partial.bytes.resize(blob.size);
    partial.in_use = true;
    return !partial.written.empty();
  });
  return std::unique_ptr<PositionedWriter>(std::make_unique<Writer>(*this, blob, resumed));
}

bool RecordingObserver::decided(std::string_view part) const {
  return events_.with([&](const Events& events) {
    return std::ranges::any_of(events.decided,
                               [&](const std::string& text) { return text.find(part) != std::string::npos; });
  });
}

}  // namespace dray::ops::testing
