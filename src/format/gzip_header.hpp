#pragma once

#include "compressed_input.hpp"

namespace dray {

/// Reads the header of one gzip member, however the source cuts it, and leaves `input` at the deflate data.
/// False when the source ends before the header's first byte. `first` chooses the words for a wrong beginning.
/// ISA-L's own reader fails on a header with a checksum that arrives in two pieces.
/// Source: RFC 1952, section 2.3.
[[nodiscard]] Result<bool> read_gzip_header(CompressedInput& input, bool first);

}  // namespace dray
