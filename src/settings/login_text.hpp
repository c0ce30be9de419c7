#pragma once

#include <string_view>

namespace dray::settings {

/// No control characters: what may stand in a message, a form or a helper's input.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;
/// No NUL, which other programs cut passwords at. Line ends are fine: a cloud's key file is a password too.
[[nodiscard]] bool is_password(std::string_view text) noexcept;
/// Visible ASCII, as a header's value takes it, or nothing; at most `max_bearer_token_bytes`.
[[nodiscard]] bool is_token_text(std::string_view text) noexcept;

}  // namespace dray::settings
