#include "gzip_source.hpp"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

#include "gzip_header.hpp"

namespace dray {
namespace {

Error bad_gzip(std::string_view what) { return {ErrorCode::invalid_input, "gzip: " + std::string(what)}; }

Error inflate_error(int code) {
  switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
      return bad_gzip("the data's checksum or size is wrong");
    case ISAL_INVALID_LOOKBACK:
      return bad_gzip("the data refers to bytes before its beginning");
    case ISAL_INVALID_BLOCK:
    case ISAL_INVALID_SYMBOL:
      return bad_gzip("the data is damaged");
    default:
      return bad_gzip("the data cannot be inflated (" + std::to_string(code) + ")");
  }
}

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source) : input_(std::move(source)) {}

  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
    if (into.empty()) return std::size_t{0};
    while (true) {
      if (!in_member_) {
        DRAY_TRY_ASSIGN(const bool more, begin_member());
        if (!more) return std::size_t{0};
      }
      DRAY_TRY_ASSIGN(const auto got, inflate(into));
      out_ += got;
      DRAY_TRY(check_expansion(input_.taken(), out_));
      if (got > 0) return got;
    }
  }

 private:
  /// False at the end of the stream. An empty file is no gzip stream.
  Result<bool> begin_member() {
    DRAY_TRY_ASSIGN(const bool more, read_gzip_header(input_, first_));
    if (!more && first_) return bad_gzip("there is no data");
    if (!more) return false;
    first_ = false;
    in_member_ = true;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;  // The trailer is checked there, the header was read here.
    return true;
  }

  /// One step; 0 bytes with the member still open means that more input is needed.
  Result<std::size_t> inflate(ByteSpan into) {
    DRAY_TRY_ASSIGN(const auto from, input_.peek());
    const auto room = std::min<std::size_t>(into.size(), std::numeric_limits<std::uint32_t>::max());
    // ISA-L does not write through next_in, though its type allows it.
    state_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(from.data()));
    state_.avail_in = static_cast<std::uint32_t>(from.size());
    state_.next_out = reinterpret_cast<std::uint8_t*>(into.data());
    state_.avail_out = static_cast<std::uint32_t>(room);
    const int code = isal_inflate(&state_);
    const std::size_t taken = from.size() - state_.avail_in;
    const std::size_t got = room - state_.avail_out;
    input_.take(taken);
    if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT) return inflate_error(code);
    if (state_.block_state == ISAL_BLOCK_FINISH) {
      in_member_ = false;
    } else if (got == 0 && taken == 0) {
      return bad_gzip(from.empty() ? "the data ends too soon" : "the data is damaged");
    }
    return got;
  }

  CompressedInput input_;
  inflate_state state_{};
  std::uint64_t out_ = 0;
  bool first_ = true;
  bool in_member_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> source) {
  return std::make_unique<GzipSource>(std::move(source));
}

}  // namespace dray
