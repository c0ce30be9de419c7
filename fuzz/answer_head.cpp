#include "../src/http/head_reader.hpp"

#include <algorithm>

#include <dray/http/limits.hpp>

#include "fuzz_target.hpp"

/// A head that is complete has a final status, few enough fields, and none with a line end in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray::http;
  auto rest = dray::fuzz::text_of(data, size);
  HeadReader reader;
  while (!rest.empty()) {
    const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    if (!reader.take(line)) return 0;
  }
  if (!reader.complete()) return 0;
  dray::fuzz::require(reader.status() >= 200 && reader.status() <= 599);
  dray::fuzz::require(reader.headers().lines().size() <= limits::max_header_lines);
  for (const auto& [name, value] : reader.headers().lines()) {
    dray::fuzz::require(!name.empty() && (name + value).find_first_of("\r\n") == std::string::npos);
  }
  return 0;
}
