#pragma once

namespace dray::server {

/// A C0 control character or DEL.
[[nodiscard]] constexpr bool is_control(char c) noexcept { return (c >= 0 && c < ' ') || c == '\x7f'; }

}  // namespace dray::server
