#include "blob_fill.hpp"

#include <condition_variable>
#include <dray/server/limits.hpp>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace dray::server {
namespace {

bool may_pass(ErrorCode code) noexcept {
  return code == ErrorCode::unavailable || code == ErrorCode::timed_out || code == ErrorCode::rate_limited;
}

class Fill final : public BlobFill {
 public:
  Fill(std::shared_ptr<RegistryStorage> storage, std::shared_ptr<ContentSource> source, std::string repository,
       Descriptor blob)
      : storage_(std::move(storage)),
        source_(std::move(source)),
        repository_(std::move(repository)),
        blob_(std::move(blob)) {}

  void begin() {
    thread_ = std::jthread([this](const std::stop_token& stop) { finish(run(stop)); });
  }
  [[nodiscard]] bool is_over() const override {
    const std::lock_guard lock(mutex_);
    return over_;
  }
  void stop() override { thread_.request_stop(); }

  /// Waits until a byte at `offset` may be given out.
  [[nodiscard]] Result<std::uint64_t> wait_beyond(std::uint64_t offset) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return over_ || available() > offset; });
    if (failure_) return *failure_;
    return available();
  }
  /// Call only after `wait_beyond`.
  [[nodiscard]] Result<std::size_t> read_written(std::uint64_t offset, ByteSpan into) const {
    return read_at(written_file_, offset, into);
  }

 private:
  /// Under the lock.
  [[nodiscard]] std::uint64_t available() const {
    if (over_ || blob_.size == 0) return blob_.size;
    return std::min(written_, blob_.size - 1);
  }

  Result<void> run(const std::stop_token& stop) {
    DRAY_TRY_ASSIGN(auto upload, storage_->begin_upload(repository_, {}, blob_.digest.algorithm()));
    auto filled = fill(*upload, stop);
    if (filled) filled = upload->commit(blob_.digest);
    if (!filled) {
      const auto id = upload->id();
      upload.reset();
      // What is left of it is removed with old uploads, should this fail as well.
      static_cast<void>(storage_->cancel_upload(repository_, id, {}));
    }
    return filled;
  }

  Result<void> fill(BlobUpload& upload, const std::stop_token& stop) {
    DRAY_TRY_ASSIGN(auto file, upload.open_written());
    {
      const std::lock_guard lock(mutex_);
      written_file_ = std::move(file);
    }
    for (int tries = 1;; ++tries) {
      const auto before = upload.offset();
      const auto moved = fill_once(upload, stop);
      // A line may break behind the last byte too.
      if (!moved && upload.offset() == blob_.size) return {};
      if (moved || !may_pass(moved.error().code()) || stop.stop_requested()) return moved;
      if (upload.offset() > before) tries = 0;
      if (tries >= limits::max_fill_tries) return moved;
    }
  }

  Result<void> fill_once(BlobUpload& upload, const std::stop_token& stop) {
    const auto begin = upload.offset();
    const auto range = begin > 0 ? std::optional(ByteRange{begin, blob_.size}) : std::nullopt;
    DRAY_TRY_ASSIGN(auto opened, source_->open_blob(blob_, range, stop));
    std::vector<std::byte> buffer(limits::transfer_bytes);
    DRAY_TRY(skip(*opened.bytes, begin - std::min(begin, opened.begin), buffer));
    while (!stop.stop_requested()) {
      DRAY_TRY_ASSIGN(const auto count, opened.bytes->read(buffer));
      if (count == 0) return check_end(upload);
      if (count > blob_.size - upload.offset()) {
        return Error(ErrorCode::digest_mismatch, "the upstream sends more than the blob has");
      }
      DRAY_TRY(upload.write(ByteView(buffer.data(), count)));
      {
        const std::lock_guard lock(mutex_);
        written_ = upload.offset();
      }
      changed_.notify_all();
    }
    return Error(ErrorCode::cancelled, "the registry is stopping");
  }

  [[nodiscard]] Result<void> check_end(const BlobUpload& upload) const {
    if (upload.offset() == blob_.size) return {};
    return Error(ErrorCode::unavailable, "the upstream's answer ended early");
  }

  static Result<void> skip(ByteSource& bytes, std::uint64_t count, std::vector<std::byte>& buffer) {
    while (count > 0) {
      const auto piece = std::min<std::uint64_t>(count, buffer.size());
      DRAY_TRY_ASSIGN(const auto got, bytes.read(ByteSpan(buffer.data(), piece)));
      if (got == 0) return Error(ErrorCode::unavailable, "the upstream's answer ended early");
      count -= got;
    }
    return {};
  }

  void finish(Result<void> result) {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      if (!result) failure_ = result.error();
    }
    changed_.notify_all();
  }

  const std::shared_ptr<RegistryStorage> storage_;
  const std::shared_ptr<ContentSource> source_;
  const std::string repository_;
  const Descriptor blob_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t written_ = 0;
  bool over_ = false;
  std::optional<Error> failure_;
  FileDescriptor written_file_;  // set before the first byte is available, then never changed
  std::jthread thread_;          // last: it is joined before what it uses is gone
};

class Follower final : public ByteSource {
 public:
  Follower(std::shared_ptr<Fill> fill, ByteRange range) : fill_(std::move(fill)), range_(range) {}

  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
    if (range_.empty() || into.empty()) return std::size_t{0};
    DRAY_TRY_ASSIGN(const auto available, fill_->wait_beyond(range_.begin));
    const auto count = std::min<std::uint64_t>({into.size(), range_.size(), available - range_.begin});
    DRAY_TRY_ASSIGN(const auto got, fill_->read_written(range_.begin, into.first(count)));
    if (got == 0) return Error(ErrorCode::io, "the blob's file is shorter than what was written");
    range_.begin += got;
    return got;
  }

 private:
  std::shared_ptr<Fill> fill_;
  ByteRange range_;
};

}  // namespace

std::shared_ptr<BlobFill> BlobFill::start(std::shared_ptr<RegistryStorage> storage,
                                          std::shared_ptr<ContentSource> source, std::string repository,
                                          const Descriptor& blob) {
  auto fill = std::make_shared<Fill>(std::move(storage), std::move(source), std::move(repository), blob);
  fill->begin();
  return fill;
}

std::unique_ptr<ByteSource> follow(std::shared_ptr<BlobFill> fill, ByteRange range) {
  return std::make_unique<Follower>(std::static_pointer_cast<Fill>(std::move(fill)), range);
}

}  // namespace dray::server
