#include <dray/http/retry.hpp>

#include "fuzz_target.hpp"

/// A wait is never negative. This holds the three forms of dates too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1552609781));
  const auto wait = dray::http::parse_retry_after(dray::fuzz::text_of(data, size), now);
  dray::fuzz::require(!wait || wait->count() >= 0);
  return 0;
}
