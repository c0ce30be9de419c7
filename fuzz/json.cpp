#include <dray/format/json.hpp>

#include "fuzz_target.hpp"

/// What is read can be written, and reads as the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = dray::Json::parse(dray::fuzz::text_of(data, size));
  if (!value) return 0;
  const auto again = dray::Json::parse(value->dump());
  dray::fuzz::require(again.has_value() && *again == *value);
  const auto pretty = dray::Json::parse(value->pretty());
  dray::fuzz::require(pretty.has_value() && *pretty == *value);
  return 0;
}
