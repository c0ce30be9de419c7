#include "key_value.hpp"

namespace dray::cli {

Result<std::pair<std::string, std::string>> key_and_value(std::string_view option, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error(ErrorCode::invalid_input, std::string(option) + " takes KEY=VALUE, not '" + text + "'");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<std::map<std::string, std::string>> keys_and_values(const Input& input, std::string_view option) {
  std::map<std::string, std::string> all;
  for (const auto& text : input.all(option)) {
    DRAY_TRY_ASSIGN(auto pair, key_and_value(option, text));
    all.insert_or_assign(std::move(pair.first), std::move(pair.second));
  }
  return all;
}

}  // namespace dray::cli
