#include <dray/core/nearest.hpp>

#include "command.hpp"

namespace dray::cli {
Found find_command(std::span<const std::string> words) {
  for (const std::size_t count : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < count) continue;
    const auto typed = count == 2 ? words[0] + " " + words[1] : words[0];
    for (const auto& command : commands()) {
      if (command.name == typed) return {&command, count};
    }
  }
  return {};
}

std::string nearest_command(std::span<const std::string> words) {
  if (words.empty()) return {};
  std::vector<std::string> of_one;
  std::vector<std::string> of_two;
  for (const auto& command : commands()) {
    const bool two = command.name.find(' ') != std::string_view::npos;
    (two ? of_two : of_one).emplace_back(command.name);
  }
  if (words.size() > 1) {
    if (auto found = nearest(words[0] + " " + words[1], of_two); !found.empty()) return found;
  }
  return nearest(words[0], of_one);
}

}  // namespace dray::cli
