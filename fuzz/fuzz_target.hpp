#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// libFuzzer's entry point; each target defines it. Source: LLVM, "libFuzzer", "Fuzz Target".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace dray::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A property that holds for every input; unlike assert it is checked in every build.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace dray::fuzz
