#include <array>
#include <dray/core/platform.hpp>

#include "fuzz_target.hpp"

/// A platform that was read reads back from its text, is in one spelling, and is what it asks for itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto platform = dray::Platform::parse(dray::fuzz::text_of(data, size));
  if (!platform) return 0;
  const auto again = dray::Platform::parse(platform->text());
  dray::fuzz::require(again.has_value() && *again == *platform);
  dray::fuzz::require(platform->normalised() == *platform);
  dray::fuzz::require(dray::matches(*platform, *platform));

  const std::array offered{dray::Platform{}, *platform};
  const auto choice = dray::choose_platform(*platform, offered);
  dray::fuzz::require(choice.has_value() && choice->position == 1);
  return 0;
}
