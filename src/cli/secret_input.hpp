#pragma once

#include <dray/base/result.hpp>
#include <stop_token>
#include <string>
#include <string_view>

namespace dray::cli {

/// What happens to typed letters.
enum class Echo : unsigned char { shown, hidden };

/// Asks a person on the terminal that standard input is. The terminal is as before when this returns, also when it was
/// stopped (`cancelled`). Errors: `invalid_input` when standard input is no terminal or ended.
[[nodiscard]] Result<std::string> ask(std::string_view prompt, Echo echo, const std::stop_token& stop);

/// All of standard input without its last line end: `what` is for messages ("the password"). A terminal is asked.
/// Errors: `invalid_input` when there is nothing, `limit_exceeded` above 64 KiB.
[[nodiscard]] Result<std::string> secret_from_stdin(std::string_view what, const std::stop_token& stop);

[[nodiscard]] bool stdin_is_terminal();

}  // namespace dray::cli
