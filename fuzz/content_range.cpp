#include <dray/http/content_range.hpp>

#include "fuzz_target.hpp"

/// A range is never empty, ends within its total, and is what its own text says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray::http;
  const auto parsed = parse_content_range(dray::fuzz::text_of(data, size));
  if (!parsed) return 0;
  dray::fuzz::require(!parsed->range.empty() && (!parsed->total || parsed->range.end <= *parsed->total));
  const auto text = "bytes " + range_header(parsed->range).substr(6) + "/*";
  const auto again = parse_content_range(text);
  dray::fuzz::require(again && again->range == parsed->range);
  return 0;
}
