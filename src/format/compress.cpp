#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <dray/format/compression.hpp>
#include <limits>
#include <new>
#include <vector>

namespace dray {
namespace {

constexpr std::size_t buffer_bytes = 128UL * 1024;
constexpr int gzip_level = 6;
constexpr int most_gzip_level = 9;
constexpr int zstd_level = 3;
constexpr int most_zstd_level = 19;  // above it zstd's own program asks for --ultra, and readers for a large window

class PlainSink final : public ByteSink {
 public:
  explicit PlainSink(ByteSink& sink) : sink_(sink) {}
  [[nodiscard]] Result<void> write(ByteView bytes) override { return sink_.write(bytes); }
  [[nodiscard]] Result<void> finish() override { return sink_.finish(); }

 private:
  ByteSink& sink_;
};

class GzipSink final : public ByteSink {
 public:
  GzipSink(ByteSink& sink, int level) : sink_(sink), buffer_(buffer_bytes) {
    constexpr int window_and_gzip_header = 15 + 16;  // zlib's own header: no name, time 0, system 3 (Unix).
    constexpr int memory_level = 8;
    if (deflateInit2(&stream_, level, Z_DEFLATED, window_and_gzip_header, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipSink() override { deflateEnd(&stream_); }
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  [[nodiscard]] Result<void> write(ByteView bytes) override {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    while (!bytes.empty()) {
      const auto part = bytes.first(std::min(bytes.size(), most));
      DRAY_TRY(deflate_all(part, Z_NO_FLUSH));
      bytes = bytes.subspan(part.size());
    }
    return {};
  }
  [[nodiscard]] Result<void> finish() override {
    DRAY_TRY(deflate_all({}, Z_FINISH));
    return sink_.finish();
  }

 private:
  Result<void> deflate_all(ByteView bytes, int flush) {
    // zlib does not write through next_in, though its type allows it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      if (deflate(&stream_, flush) == Z_STREAM_ERROR)
        return Error(ErrorCode::invalid_input, "gzip: written after its end");
      DRAY_TRY(sink_.write(ByteView(buffer_).first(buffer_.size() - stream_.avail_out)));
    } while (stream_.avail_out == 0);
    return {};
  }

  ByteSink& sink_;
  std::vector<std::byte> buffer_;
  z_stream stream_{};
};

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class ZstdSink final : public ByteSink {
 public:
  ZstdSink(ByteSink& sink, int level) : sink_(sink), buffer_(buffer_bytes), context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  [[nodiscard]] Result<void> write(ByteView bytes) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) DRAY_TRY(step(in, ZSTD_e_continue).transform([](std::size_t) {}));
    return {};
  }
  [[nodiscard]] Result<void> finish() override {
    ZSTD_inBuffer nothing{nullptr, 0, 0};
    std::size_t left = 1;
    while (left > 0) {
      DRAY_TRY_ASSIGN(left, step(nothing, ZSTD_e_end));
    }
    return sink_.finish();
  }

 private:
  /// Says how much is still to be flushed.
  Result<std::size_t> step(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
    const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
    if (ZSTD_isError(left) != 0U) {
      return Error(ErrorCode::invalid_input, std::string("zstd: ") + ZSTD_getErrorName(left));
    }
    if (out.pos > 0) DRAY_TRY(sink_.write(ByteView(buffer_).first(out.pos)));
    return left;
  }

  ByteSink& sink_;
  std::vector<std::byte> buffer_;
  std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
};

Result<int> level_of(Compression compression, std::optional<int> level, int usual, int most) {
  if (!level) return usual;
  if (*level >= 1 && *level <= most) return *level;
  return Error(ErrorCode::invalid_input,
               fmt::format("{} has the levels 1 to {}, not {}", name(compression), most, *level));
}

}  // namespace

Result<std::unique_ptr<ByteSink>> compress(ByteSink& sink, Compression compression, std::optional<int> level) {
  switch (compression) {
    case Compression::none:
      if (level) return Error(ErrorCode::invalid_input, "a plain stream has no compression level");
      return std::unique_ptr<ByteSink>(std::make_unique<PlainSink>(sink));
    case Compression::gzip: {
      DRAY_TRY_ASSIGN(const auto chosen, level_of(compression, level, gzip_level, most_gzip_level));
      return std::unique_ptr<ByteSink>(std::make_unique<GzipSink>(sink, chosen));
    }
    case Compression::zstd: {
      DRAY_TRY_ASSIGN(const auto chosen, level_of(compression, level, zstd_level, most_zstd_level));
      return std::unique_ptr<ByteSink>(std::make_unique<ZstdSink>(sink, chosen));
    }
    case Compression::unknown:
      break;
  }
  return Error(ErrorCode::unsupported, "compress: only gzip and zstd are written");
}

}  // namespace dray
