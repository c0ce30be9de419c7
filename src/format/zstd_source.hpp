#pragma once

#include <dray/base/stream.hpp>
#include <memory>

namespace dray {

/// The plain bytes of every frame of a zstd stream. Source: RFC 8878.
[[nodiscard]] std::unique_ptr<ByteSource> zstd_source(std::unique_ptr<ByteSource> source);

}  // namespace dray
