#include "zstd_source.hpp"

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <bit>
#include <dray/core/limits.hpp>
#include <new>

#include "compressed_input.hpp"

namespace dray {
namespace {

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};
using Context = std::unique_ptr<ZSTD_DCtx, FreeContext>;

Context new_context() {
  Context context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  constexpr int window_log = std::bit_width(limits::max_zstd_window_bytes) - 1;
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, window_log);
  return context;
}

Error zstd_error(std::size_t code) {
  if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
    return {ErrorCode::limit_exceeded,
            fmt::format("zstd: a frame needs a window of more than {} bytes", limits::max_zstd_window_bytes)};
  }
  return {ErrorCode::invalid_input, fmt::format("zstd: {}", ZSTD_getErrorName(code))};
}

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source) : input_(std::move(source)), context_(new_context()) {}

  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
    if (into.empty()) return std::size_t{0};
    while (true) {
      DRAY_TRY_ASSIGN(const auto from, input_.peek());
      if (from.empty() && between_frames_) return std::size_t{0};
      DRAY_TRY_ASSIGN(const auto got, step(from, into));
      out_ += got;
      DRAY_TRY(check_expansion(input_.taken(), out_));
      if (got > 0) return got;
    }
  }

 private:
  Result<std::size_t> step(ByteView from, ByteSpan into) {
    ZSTD_inBuffer in{from.data(), from.size(), 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
    if (ZSTD_isError(left) != 0U) return zstd_error(left);
    input_.take(in.pos);
    between_frames_ = left == 0;
    if (from.empty() && out.pos == 0 && !between_frames_) {
      return Error(ErrorCode::invalid_input, "zstd: the data ends too soon");
    }
    return out.pos;
  }

  CompressedInput input_;
  Context context_;
  std::uint64_t out_ = 0;
  bool between_frames_ = false;  ///< At first there must be a frame.
};

}  // namespace

std::unique_ptr<ByteSource> zstd_source(std::unique_ptr<ByteSource> source) {
  return std::make_unique<ZstdSource>(std::move(source));
}

}  // namespace dray
