#pragma once

#include <string_view>

namespace dray::settings {

/// No control characters: what may stand in a message, a form or a helper's input.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;
/// Visible ASCII, as a header's value takes it, or nothing; at most `max_bearer_token_bytes`.
[[nodiscard]] bool is_token_text(std::string_view text) noexcept;

}  // namespace dray::settings
