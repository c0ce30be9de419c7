#include <algorithm>
#include <array>
#include <dray/format/compression.hpp>
#include <vector>

#include "gzip_source.hpp"
#include "zstd_source.hpp"

namespace dray {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t magic_bytes = 6;

/// Bytes that were read already, then the rest of their source.
class RejoinedSource final : public ByteSource {
 public:
  RejoinedSource(std::vector<std::byte> front, std::unique_ptr<ByteSource> rest)
      : front_(std::move(front)), rest_(std::move(rest)) {}

  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
    if (at_ == front_.size()) return rest_->read(into);
    const std::size_t size = std::min(into.size(), front_.size() - at_);
    std::ranges::copy(ByteView(front_).subspan(at_, size), into.begin());
    at_ += size;
    return size;
  }

 private:
  std::vector<std::byte> front_;
  std::unique_ptr<ByteSource> rest_;
  std::size_t at_ = 0;
};

Result<std::vector<std::byte>> read_front(ByteSource& source) {
  std::vector<std::byte> front(magic_bytes);
  std::size_t size = 0;
  while (size < front.size()) {
    DRAY_TRY_ASSIGN(const auto got, source.read(ByteSpan(front).subspan(size)));
    if (got == 0) break;
    size += got;
  }
  front.resize(size);
  return front;
}

bool is_skippable_frame(std::string_view text) {
  return text.size() >= 4 && (static_cast<unsigned char>(text[0]) & 0xf0U) == 0x50 &&
         text.substr(1, 3) == "\x2a\x4d\x18"sv;
}

}  // namespace

Compression detect_compression(ByteView first_bytes) noexcept {
  const std::string_view text = as_text(first_bytes);
  if (text.starts_with("\x1f\x8b"sv)) return Compression::gzip;
  if (text.starts_with("\x28\xb5\x2f\xfd"sv) || is_skippable_frame(text)) return Compression::zstd;
  const bool bzip2 = text.size() > 3 && text.starts_with("BZh"sv) && text[3] >= '1' && text[3] <= '9';
  if (bzip2 || text.starts_with("\xfd\x37\x7a\x58\x5a\0"sv)) return Compression::unknown;
  return Compression::none;
}

Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> source, Compression compression) {
  switch (compression) {
    case Compression::none:
      return source;
    case Compression::gzip:
      return gzip_source(std::move(source));
    case Compression::zstd:
      return zstd_source(std::move(source));
    case Compression::unknown:
      break;
  }
  return Error(ErrorCode::unsupported, "decompress: only gzip and zstd are read");
}

Result<std::unique_ptr<ByteSource>> decompress_detected(std::unique_ptr<ByteSource> source) {
  DRAY_TRY_ASSIGN(auto front, read_front(*source));
  const Compression compression = detect_compression(front);
  return decompress(std::make_unique<RejoinedSource>(std::move(front), std::move(source)), compression);
}

}  // namespace dray
