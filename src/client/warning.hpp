#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dray::client {

/// The texts of `Warning: 299 - "…"` lines, unescaped and cleaned; others are left out. Read up to
/// `max_warning_bytes` of header text. Source: distribution-spec 1.1, "Warnings".
[[nodiscard]] std::vector<std::string> read_warnings(const std::vector<std::string_view>& lines);

}  // namespace dray::client
