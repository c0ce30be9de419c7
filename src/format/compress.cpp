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
constexpr int zstd_level = 3;

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
  explicit GzipSink(ByteSink& sink) : sink_(sink), buffer_(buffer_bytes) {
    constexpr int window_and_gzip_header = 15 + 16;  // zlib's own header: no name, time 0, system 3 (Unix).
    constexpr int memory_level = 8;
    if (deflateInit2(&stream_, gzip_level, Z_DEFLATED, window_and_gzip_header, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
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
  explicit ZstdSink(ByteSink& sink) : sink_(sink), buffer_(buffer_bytes), context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, zstd_level);
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

}  // namespace

Result<std::unique_ptr<ByteSink>> compress(ByteSink& sink, Compression compression) {
  switch (compression) {
    case Compression::none:
      return std::unique_ptr<ByteSink>(std::make_unique<PlainSink>(sink));
    case Compression::gzip:
      return std::unique_ptr<ByteSink>(std::make_unique<GzipSink>(sink));
    case Compression::zstd:
      return std::unique_ptr<ByteSink>(std::make_unique<ZstdSink>(sink));
    case Compression::unknown:
      break;
  }
  return Error(ErrorCode::unsupported, "compress: only gzip and zstd are written");
}

}  // namespace dray
