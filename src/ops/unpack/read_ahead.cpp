#include "read_ahead.hpp"

#include <algorithm>

namespace dray::ops {

namespace {

constexpr std::size_t ahead_buffer_bytes = 256UL * 1024;
constexpr std::size_t buffers_ahead = 4;

}  // namespace

ReadAhead::ReadAhead(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {
  for (std::size_t i = 0; i < buffers_ahead; ++i) free_.push_back({std::vector<std::byte>(ahead_buffer_bytes), 0});
  thread_ = std::thread([this] { fill(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ReadAhead::fill() {
  while (true) {
    Buffer buffer;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !free_.empty(); });
      if (stopped_) return;
      buffer = std::move(free_.back());
      free_.pop_back();
    }
    buffer.filled = 0;
    std::optional<Error> error;
    bool ended = false;
    while (buffer.filled < buffer.bytes.size() && !error && !ended) {
      const auto count = inner_->read(ByteSpan(buffer.bytes).subspan(buffer.filled));
      if (!count) {
        error = count.error();
      } else {
        ended = *count == 0;
        buffer.filled += *count;
      }
    }
    const std::lock_guard lock(mutex_);
    full_.push_back(std::move(buffer));
    error_ = std::move(error);
    ended_ = ended || error_;
    changed_.notify_all();
    if (ended_) return;
  }
}

/// An error comes after the bytes in front of it.
Result<std::size_t> ReadAhead::read(ByteSpan into) {
  if (at_ == current_.filled) {
    std::unique_lock lock(mutex_);
    if (!current_.bytes.empty()) free_.push_back(std::move(current_));
    current_ = {};
    at_ = 0;
    changed_.notify_all();
    changed_.wait(lock, [this] { return ended_ || !full_.empty(); });
    if (full_.empty()) {
      if (error_) return *error_;
      return std::size_t{0};
    }
    current_ = std::move(full_.front());
    full_.erase(full_.begin());
    if (current_.filled == 0) {
      if (error_) return *error_;
      return std::size_t{0};
    }
  }
  const auto count = std::min(into.size(), current_.filled - at_);
  std::copy_n(current_.bytes.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
  at_ += count;
  return count;
}

}  // namespace dray::ops
