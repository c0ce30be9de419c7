#pragma once

#include <sys/stat.h>

#include <chrono>
#include <dray/base/clock.hpp>
#include <dray/base/file.hpp>
#include <dray/base/guarded.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace dray::server {

/// What tells that a file changed.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::chrono::nanoseconds modified{0};
  std::chrono::nanoseconds changed{0};  ///< Of the inode: also a rename or `touch -d` moves it.

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
/// The default stamp where there is no such file.
[[nodiscard]] FileStamp stamp_of(const std::filesystem::path& path) noexcept;

/// Called when a file that changed is of no use and the old one stays in force.
using FileReport = std::function<void(const Error&)>;

/// A small file's meaning, which is looked at again when the file changes. Safe from many threads.
template <class T>
class WatchedFile {
 public:
  using Parse = Result<T> (*)(std::string_view text, const std::string& file);

  /// `clock` must outlive it. Errors: those of reading and of `parse`.
  [[nodiscard]] static Result<std::unique_ptr<WatchedFile>> open(std::filesystem::path path, std::uint64_t limit,
                                                                 Parse parse, const Clock& clock, FileReport report) {
    std::unique_ptr<WatchedFile> file(new WatchedFile(std::move(path), limit, parse, clock, std::move(report)));
    const auto stamp = stamp_of(file->path_);
    DRAY_TRY_ASSIGN(auto text, read_file(file->path_, limit));
    DRAY_TRY_ASSIGN(auto value, parse(text, file->path_.string()));
    file->keep(stamp, std::move(text), std::make_shared<const T>(std::move(value)));
    return file;
  }

  /// As the file is now; what it was before where it is gone or broken.
  [[nodiscard]] std::shared_ptr<const T> current() {
    const auto stamp = stamp_of(path_);
    auto known = state_.with([&](const State& state) {
      return state.settled && state.stamp == stamp ? state.value : std::shared_ptr<const T>();
    });
    return known ? known : read_again(stamp);
  }

 private:
  struct State {
    FileStamp stamp;
    bool settled = false;
    std::string text;
    std::shared_ptr<const T> value;
    std::string failure;
  };

  WatchedFile(std::filesystem::path path, std::uint64_t limit, Parse parse, const Clock& clock, FileReport report)
      : path_(std::move(path)), limit_(limit), parse_(parse), clock_(clock), report_(std::move(report)) {}

  std::shared_ptr<const T> read_again(const FileStamp& stamp) {
    auto text = read_file(path_, limit_);
    if (!text) return keep_old(stamp, text.error());
    auto same = state_.with([&](State& state) {
      if (state.text != *text) return std::shared_ptr<const T>();
      settle(state, stamp);
      state.failure.clear();
      return state.value;
    });
    if (same) return same;
    auto value = parse_(*text, path_.string());
    if (!value) return keep_old(stamp, value.error());
    return keep(stamp, std::move(*text), std::make_shared<const T>(std::move(*value)));
  }

  std::shared_ptr<const T> keep(const FileStamp& stamp, std::string text, std::shared_ptr<const T> value) {
    return state_.with([&](State& state) {
      settle(state, stamp);
      state.text = std::move(text);
      state.value = std::move(value);
      state.failure.clear();
      return state.value;
    });
  }

  std::shared_ptr<const T> keep_old(const FileStamp& stamp, const Error& failure) {
    bool fresh = false;
    auto old = state_.with([&](State& state) {
      settle(state, stamp);
      fresh = state.failure != failure.message();
      state.failure = failure.message();
      return state.value;
    });
    if (fresh && report_) report_(failure);
    return old;
  }

  /// A file that was written a moment ago may be written again without another time stamp: file systems count time in
  /// steps. Until the step is over the bytes are compared.
  void settle(State& state, const FileStamp& stamp) const {
    constexpr std::chrono::seconds step(1);
    const auto now = clock_.wall_now().time_since_epoch();
    state.stamp = stamp;
    state.settled = now - stamp.modified > step && now - stamp.changed > step;
  }

  std::filesystem::path path_;
  std::uint64_t limit_;
  Parse parse_;
  const Clock& clock_;
  FileReport report_;
  Guarded<State> state_;
};

}  // namespace dray::server
