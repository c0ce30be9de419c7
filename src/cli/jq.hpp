#pragma once

#include <dray/base/result.hpp>
#include <dray/format/json.hpp>
#include <string>
#include <string_view>

namespace dray::cli {

/// Runs a jq expression on `input`: one result a line, strings as they are, everything else as compact JSON.
/// Plain paths (`.a.b`, `.a[0]`, `.a[].b`) are walked here; for all others libjq is loaded, which takes 20 ms.
[[nodiscard]] Result<std::string> run_jq(std::string_view expression, const Json& input);

}  // namespace dray::cli
