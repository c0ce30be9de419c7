#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace dray::arrows {

/// Layer name to the layers whose headers it may include.
using LayerTable = std::map<std::string, std::set<std::string>, std::less<>>;

/// One `#include` line. `header` is what stands between the quotes or angle brackets.
struct Include {
  std::size_t line;
  std::string header;
  bool quoted;
};

/// Reads the form of cmake/layers.txt: `layer: below below…`; lines that begin with `#` are comments.
LayerTable parse_layers(std::string_view text);

/// Every `#include` of a C++ text, in order.
std::vector<Include> parse_includes(std::string_view text);

/// What is wrong with the includes of one file, a sentence each. `path` is relative to the project's root:
/// `include/dray/<layer>/…` or `src/<layer>/…`.
std::vector<std::string> broken_rules(const LayerTable& layers, const std::filesystem::path& path,
                                      std::string_view text);

/// The same for every source and header below `root`, and for rules about the tree as a whole.
std::vector<std::string> broken_rules_below(const std::filesystem::path& root);

}  // namespace dray::arrows
