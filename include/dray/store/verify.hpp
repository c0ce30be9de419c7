#pragma once

#include <dray/base/stream.hpp>
#include <dray/core/descriptor.hpp>
#include <memory>
#include <stop_token>
#include <string>

namespace dray {

class ContentSource;
struct RawManifest;

/// The bytes of `inner`, checked against `expected` while they pass: one byte too many or too few, or another
/// digest, is `digest_mismatch`. The last bytes and the end are only given out when all held.
[[nodiscard]] std::unique_ptr<ByteSource> verify(std::unique_ptr<ByteSource> inner, const Descriptor& expected);

/// Checks bytes at hand.
[[nodiscard]] Result<void> verify(ByteView bytes, const Descriptor& expected);

/// Checks a manifest that is about to be stored: digest, size, and at most `max_manifest_bytes`.
[[nodiscard]] Result<void> check_manifest(const RawManifest& manifest);

/// Opens a blob of a source in full and reads it, verified, into memory: configs and other small ones.
[[nodiscard]] Result<std::string> read_blob(ContentSource& source, const Descriptor& blob, std::uint64_t limit,
                                            const std::stop_token& stop);

}  // namespace dray
