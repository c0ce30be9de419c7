#pragma once

#include <string>
#include <string_view>

namespace dray {

/// A name out of somebody's document, fit for a message: in double quotes, cut after 64 bytes, and `?` for what is no
/// text or might drive a terminal.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace dray
