#include <dray/http/challenge.hpp>
#include <dray/http/limits.hpp>

#include <algorithm>

#include "fuzz_target.hpp"

/// Every challenge has a scheme in lower case, and there are never too many.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray::http;
  const auto challenges = parse_challenges({dray::fuzz::text_of(data, size)});
  dray::fuzz::require(challenges.size() <= limits::max_challenges);
  for (const auto& challenge : challenges) {
    dray::fuzz::require(!challenge.scheme.empty());
    dray::fuzz::require(std::ranges::none_of(challenge.scheme, [](char c) { return c >= 'A' && c <= 'Z'; }));
    dray::fuzz::require(challenge.parameters.size() <= limits::max_challenge_parameters);
  }
  return 0;
}
