#include "gzip_header.hpp"

#include <fmt/format.h>
#include <zlib.h>

namespace dray {
namespace {

constexpr std::uint8_t magic_1 = 0x1f;
constexpr std::uint8_t magic_2 = 0x8b;
constexpr std::uint8_t method_deflate = 8;
constexpr unsigned flag_header_crc = 0x02;
constexpr unsigned flag_extra = 0x04;
constexpr unsigned flag_name = 0x08;
constexpr unsigned flag_comment = 0x10;
constexpr unsigned reserved_flags = 0xe0;

Error bad_header(std::string message) { return {ErrorCode::invalid_input, "gzip: " + std::move(message)}; }

/// Header bytes, summed up as they pass.
class HeaderBytes {
 public:
  explicit HeaderBytes(CompressedInput& input) : input_(input) {}

  Result<std::uint8_t> next() {
    DRAY_TRY_ASSIGN(const auto byte, input_.next_byte());
    if (!byte) return bad_header("the data ends inside a header");
    sum_ = crc32(sum_, &*byte, 1);
    return *byte;
  }

  Result<unsigned> next_16_bits() {
    DRAY_TRY_ASSIGN(const unsigned low, next());
    DRAY_TRY_ASSIGN(const unsigned high, next());
    return high << 8U | low;
  }

  Result<void> skip(unsigned bytes) {
    for (; bytes > 0; --bytes) DRAY_TRY(next());
    return {};
  }

  Result<void> skip_text() {
    while (true) {
      DRAY_TRY_ASSIGN(const auto byte, next());
      if (byte == 0) return {};
    }
  }

  [[nodiscard]] unsigned low_16_bits_of_sum() const noexcept { return static_cast<unsigned>(sum_ & 0xffffU); }

 private:
  CompressedInput& input_;
  uLong sum_ = crc32(0, nullptr, 0);
};

Result<void> check_magic(HeaderBytes& bytes, bool first) {
  DRAY_TRY_ASSIGN(const auto one, bytes.next());
  if (one == magic_1) {
    DRAY_TRY_ASSIGN(const auto two, bytes.next());
    if (two == magic_2) return {};
  }
  return bad_header(first ? "the data does not begin as gzip does" : "something follows the end of the data");
}

Result<void> check_sum(HeaderBytes& bytes) {
  const unsigned wanted = bytes.low_16_bits_of_sum();
  DRAY_TRY_ASSIGN(const unsigned found, bytes.next_16_bits());
  if (found != wanted) return bad_header("a header's checksum is wrong");
  return {};
}

Result<void> read_header(HeaderBytes& bytes, bool first) {
  DRAY_TRY(check_magic(bytes, first));
  DRAY_TRY_ASSIGN(const unsigned method, bytes.next());
  if (method != method_deflate) return bad_header(fmt::format("the compression method is {}; only 8 is known", method));
  DRAY_TRY_ASSIGN(const unsigned flags, bytes.next());
  if ((flags & reserved_flags) != 0) return bad_header("a header has flags that mean nothing yet");
  constexpr unsigned time_and_system_bytes = 6;
  DRAY_TRY(bytes.skip(time_and_system_bytes));
  if ((flags & flag_extra) != 0) {
    DRAY_TRY_ASSIGN(const unsigned length, bytes.next_16_bits());
    DRAY_TRY(bytes.skip(length));
  }
  if ((flags & flag_name) != 0) DRAY_TRY(bytes.skip_text());
  if ((flags & flag_comment) != 0) DRAY_TRY(bytes.skip_text());
  return (flags & flag_header_crc) != 0 ? check_sum(bytes) : Result<void>();
}

}  // namespace

Result<bool> read_gzip_header(CompressedInput& input, bool first) {
  DRAY_TRY_ASSIGN(const auto ahead, input.peek());
  if (ahead.empty()) return false;
  HeaderBytes bytes(input);
  DRAY_TRY(read_header(bytes, first));
  return true;
}

}  // namespace dray
