#include <dray/http/challenge.hpp>

#include "fuzz_target.hpp"

/// A target is a part of the line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = dray::fuzz::text_of(data, size);
  const auto target = dray::http::parse_next_link({line});
  dray::fuzz::require(!target || line.find(*target) != std::string_view::npos);
  return 0;
}
