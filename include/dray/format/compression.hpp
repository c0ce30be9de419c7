#pragma once

#include <dray/base/stream.hpp>
#include <dray/core/media_type.hpp>
#include <memory>

namespace dray {

/// What the first bytes of a layer say it is, whatever its media type claims. At least 4 bytes, or all there are.
[[nodiscard]] Compression detect_compression(ByteView first_bytes) noexcept;

/// The plain bytes of a gzip (every member; ISA-L), zstd (every frame; window at most `max_zstd_window_bytes`)
/// or plain stream. `invalid_input` for damage, truncation, rubbish behind the end.
/// A ratio above `max_compression_ratio` after the first MiB of output is `limit_exceeded`.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> source,
                                                             Compression compression);
/// Looks at the first bytes and decompresses accordingly.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> decompress_detected(std::unique_ptr<ByteSource> source);

/// Compresses what is written to it into `sink`, which must outlive it; `finish` ends the stream (and `sink`).
/// gzip: one member, no name, time 0, level 6; zstd: level 3, with a checksum.
[[nodiscard]] Result<std::unique_ptr<ByteSink>> compress(ByteSink& sink, Compression compression);

}  // namespace dray
