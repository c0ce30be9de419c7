#pragma once

#include <dray/base/stream.hpp>
#include <memory>

namespace dray {

/// The plain bytes of every member of a gzip stream. Source: RFC 1952.
[[nodiscard]] std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> source);

}  // namespace dray
