#include <cassert>

#include "command.hpp"

namespace dray::cli {

const std::string& Input::argument(std::string_view name) const {
  const auto found = arguments.find(name);
  assert(found != arguments.end() && !found->second.empty());
  return found->second.front();
}

std::optional<std::string> Input::optional_argument(std::string_view name) const {
  const auto found = arguments.find(name);
  if (found == arguments.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

std::vector<std::string> Input::all_arguments(std::string_view name) const {
  const auto found = arguments.find(name);
  return found == arguments.end() ? std::vector<std::string>{} : found->second;
}

bool Input::has(std::string_view option) const { return options.find(option) != options.end(); }

std::optional<std::string> Input::option(std::string_view name) const {
  const auto found = options.find(name);
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Input::all(std::string_view option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace dray::cli
