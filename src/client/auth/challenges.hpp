#pragma once

#include <dray/http/challenge.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::client {

/// The first challenge of that scheme (in lower case); nullptr where there is none.
[[nodiscard]] const http::Challenge* find_scheme(const std::vector<http::Challenge>& challenges,
                                                 std::string_view scheme);
/// Whether there is one that we can answer.
[[nodiscard]] bool is_answerable(const std::vector<http::Challenge>& challenges);
/// Empty where it is absent.
[[nodiscard]] std::string parameter(const http::Challenge& challenge, const std::string& name);

}  // namespace dray::client
