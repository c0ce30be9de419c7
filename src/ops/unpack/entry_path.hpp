#pragma once

#include <dray/base/result.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::ops {

/// The names of an entry's path from the root down; none is the root itself. What a leading `/`, `./`, doubled and
/// trailing slashes say is left out. Errors: `invalid_input` for `..`, which no layer needs.
[[nodiscard]] Result<std::vector<std::string>> split_entry_path(std::string_view path);

/// The same of a link's text: `..` stays a name.
[[nodiscard]] std::vector<std::string> split_link(std::string_view text);

/// A path out of a layer, fit for a message: quoted, cut when it is long, with nothing that a terminal obeys.
[[nodiscard]] std::string shown_path(std::string_view path);

}  // namespace dray::ops
