#include "entry_path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dray::ops {

std::vector<std::string> split_link(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const auto slash = std::min(text.find('/', at), text.size());
    const auto name = text.substr(at, slash - at);
    if (!name.empty() && name != ".") names.emplace_back(name);
    at = slash + 1;
  }
  return names;
}

Result<std::vector<std::string>> split_entry_path(std::string_view path) {
  auto names = split_link(path);
  for (const auto& name : names) {
    if (name == "..") {
      return Error(ErrorCode::invalid_input,
                   "the layer holds the path " + shown_path(path) + ", which climbs out of it");
    }
  }
  return names;
}

std::string shown_path(std::string_view path) {
  constexpr std::size_t max_shown_bytes = 200;
  std::string shown = "'";
  for (const char c : path.substr(0, max_shown_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  if (path.size() > max_shown_bytes) shown += "…";
  return shown + "'";
}

}  // namespace dray::ops
