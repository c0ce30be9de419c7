#pragma once

#include <dray/base/result.hpp>
#include <dray/format/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::settings {

// Changes of one member in the text of a JSON object, every other byte of which stays as a person wrote it. `text` is
// what `Json::parse` reads as an object; the objects on the way to the member are made when they are absent.

/// Sets `path`, whose last part is the member. A new member is laid out as its neighbours are: a line and an indent of
/// its own, or none in a file of one line. Errors: `invalid_input` when something on the way is no object.
[[nodiscard]] Result<std::string> set_member(std::string_view text, const std::vector<std::string>& path,
                                             const Json& value);
/// Removes the member at `path`; a text without it stays as it is.
[[nodiscard]] Result<std::string> erase_member(std::string_view text, const std::vector<std::string>& path);

}  // namespace dray::settings
