#pragma once

#include <string>
#include <string_view>

namespace dray {

/// `text` in single quotes, fit for a message: not endlessly long, and `?` for what a terminal might obey.
[[nodiscard]] std::string quote(std::string_view text);

/// The same for what should have been a reference: a user and password in front of an `@` are left out.
[[nodiscard]] std::string quote_reference(std::string_view text);

}  // namespace dray
