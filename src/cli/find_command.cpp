#include <algorithm>
#include <numeric>

#include "command.hpp"

namespace dray::cli {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

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

std::string nearest(std::string_view typed, std::span<const std::string> candidates) {
  std::string best;
  std::size_t best_distance = std::min<std::size_t>(3, (typed.size() + 1) / 2);  // more slips make another word
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(typed, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
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
