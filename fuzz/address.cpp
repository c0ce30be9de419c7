#include <dray/core/address.hpp>

#include "fuzz_target.hpp"

/// The text of an address that was read reads as the same address. This holds the grammars of references too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto address = dray::Address::parse(dray::fuzz::text_of(data, size));
  if (!address) return 0;
  const auto again = dray::Address::parse(address->text());
  dray::fuzz::require(again.has_value() && again->text() == address->text());
  return 0;
}
