#include "decompress.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return dray::fuzz::check_decompression(dray::fuzz::text_of(data, size), dray::Compression::zstd);
}
