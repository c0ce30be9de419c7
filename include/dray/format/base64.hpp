#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dray {

/// RFC 4648 section 4: the standard alphabet, padded, no line ends.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// nullopt for anything that `base64_encode` does not write.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace dray
