#include "login_text.hpp"

#include <dray/core/limits.hpp>

#include <algorithm>

namespace dray::settings {

bool is_plain_text(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

bool is_password(std::string_view text) noexcept { return text.find('\0') == std::string_view::npos; }

bool is_token_text(std::string_view text) noexcept {
  return text.size() <= limits::max_bearer_token_bytes &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace dray::settings
