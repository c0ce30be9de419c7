#pragma once

#include <dray/base/stream.hpp>
#include <dray/core/media_type.hpp>
#include <memory>
#include <optional>

namespace dray {

/// What the first bytes of a layer say it is, whatever its media type claims: gzip, zstd (a skippable frame too),
/// `unknown` for bzip2 and xz, else `none`. At least 6 bytes, or all there are.
[[nodiscard]] Compression detect_compression(ByteView first_bytes) noexcept;

/// The plain bytes of a gzip (every member; ISA-L), zstd (every frame; window at most `max_zstd_window_bytes`)
/// or plain stream. `unsupported` for `unknown`. Reading gives `invalid_input` for damage, truncation, no data at all
/// and rubbish (also zeros) behind the end; `limit_exceeded` for a ratio above `max_compression_ratio` after the first
/// MiB of output, and for a larger window; and the source's own errors. Memory stays the same however much comes out.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> source,
                                                             Compression compression);
/// Looks at the first bytes and decompresses accordingly; no bytes at all are a plain stream.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> decompress_detected(std::unique_ptr<ByteSource> source);

/// Compresses what is written to it into `sink`, which must outlive it; `finish` ends the stream (and `sink`).
/// gzip: one member, no name, time 0; zstd: with a checksum. `level` is 1 to 9 for gzip (6 when left out) and 1 to 19
/// for zstd (3). Errors: `unsupported` for `unknown`; `invalid_input` for another level, and for any of a plain stream.
/// The bytes are the same for the same writes and the same build of zlib or libzstd.
[[nodiscard]] Result<std::unique_ptr<ByteSink>> compress(ByteSink& sink, Compression compression,
                                                         std::optional<int> level = {});

}  // namespace dray
