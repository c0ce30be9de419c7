#include <dray/base/stream.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace dray {
namespace {

constexpr std::size_t pump_buffer_bytes = 256 * 1024;
constexpr std::size_t read_step_bytes = 16 * 1024;

}  // namespace

Result<std::size_t> StringSource::read(ByteSpan into) {
  const auto count = std::min(into.size(), text_.size() - at_);
  if (count > 0) std::memcpy(into.data(), text_.data() + at_, count);
  at_ += count;
  return count;
}

Result<void> StringSink::write(ByteView bytes) {
  text_.append(as_text(bytes));
  return {};
}

Result<std::string> read_all(ByteSource& source, std::uint64_t limit) {
  std::string text;
  while (true) {
    const auto old_size = text.size();
    // One byte past the limit is asked for, so that a longer source is seen.
    const auto step =
        static_cast<std::size_t>(std::min<std::uint64_t>(std::max(read_step_bytes, old_size), limit + 1 - old_size));
    text.resize(old_size + step);
    DRAY_TRY_ASSIGN(const auto count, source.read(std::as_writable_bytes(std::span(text).subspan(old_size))));
    text.resize(old_size + count);
    if (count == 0) return text;
    if (text.size() > limit) {
      return Error(ErrorCode::limit_exceeded, "more than " + std::to_string(limit) + " bytes");
    }
  }
}

Result<void> read_exactly(ByteSource& source, ByteSpan into) {
  while (!into.empty()) {
    DRAY_TRY_ASSIGN(const auto count, source.read(into));
    if (count == 0) return Error(ErrorCode::unavailable, "the bytes ended early");
    into = into.subspan(count);
  }
  return {};
}

Result<std::uint64_t> pump(ByteSource& source, ByteSink& sink) {
  std::vector<std::byte> buffer(pump_buffer_bytes);
  std::uint64_t total = 0;
  while (true) {
    DRAY_TRY_ASSIGN(const auto count, source.read(buffer));
    if (count == 0) return total;
    DRAY_TRY(sink.write(std::span(buffer).first(count)));
    total += count;
  }
}

}  // namespace dray
