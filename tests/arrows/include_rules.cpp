#include "include_rules.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <sstream>

namespace dray::arrows {
namespace {

/// A header of a third party, and the layers that may see it.
struct ThirdParty {
  std::string_view prefix;
  std::string_view layers;  // with a blank before and after each; "*" is all
};

constexpr std::array third_parties{
    ThirdParty{"CLI/", " cli "},       ThirdParty{"curl/", " http "},       ThirdParty{"isa-l", " format "},
    ThirdParty{"igzip", " format "},   ThirdParty{"zlib.h", " format "},    ThirdParty{"zstd", " format "},
    ThirdParty{"jq.h", " cli "},       ThirdParty{"jv.h", " cli "},         ThirdParty{"boost/json", "*"},
    ThirdParty{"boost/", " server "},  ThirdParty{"toml++/", " settings "}, ThirdParty{"gtest/", " (tests) "},
    ThirdParty{"gmock/", " (tests) "},
};

/// Where a file stands: its layer, and whether all users see it.
struct Place {
  std::string layer;
  bool is_public;
  /// May have heavy headers: a .cpp file, or anything of the server's engine, which is made of Asio and which nothing
  /// but its own files includes.
  bool may_be_heavy;
};

std::optional<Place> place_of(const std::filesystem::path& path) {
  const std::vector<std::string> parts(path.begin(), path.end());
  const bool heavy = path.extension() == ".cpp" || path.parent_path() == "src/server/engine";
  if (parts.size() >= 4 && parts[0] == "include" && parts[1] == "dray") return Place{parts[2], true, heavy};
  if (parts.size() >= 3 && parts[0] == "src") return Place{parts[1], false, heavy};
  return std::nullopt;
}

std::string in_quotes(std::string_view header) { return "'" + std::string(header) + "'"; }

std::optional<std::string> wrong_arrow(const LayerTable& layers, const Place& place, const Include& include) {
  const auto rest = std::string_view(include.header).substr(std::string_view("dray/").size());
  const auto slash = rest.find('/');
  const std::string target(rest.substr(0, slash));
  if (slash == std::string_view::npos || !layers.contains(target)) {
    return in_quotes(include.header) + " belongs to no layer of cmake/layers.txt";
  }
  if (target == place.layer || layers.find(place.layer)->second.contains(target)) return std::nullopt;
  return "layer " + place.layer + " must not include " + in_quotes(include.header);
}

std::optional<std::string> wrong_third_party(const Place& place, const Include& include) {
  const std::string_view header = include.header;
  const auto* found = std::ranges::find_if(third_parties, [&](const auto& t) { return header.starts_with(t.prefix); });
  if (found == third_parties.end()) return std::nullopt;
  if (header.starts_with("boost/") && !place.may_be_heavy) {
    return in_quotes(header) + " is heavy: it belongs in a .cpp file";
  }
  if (found->layers == "*" || found->layers.find(" " + place.layer + " ") != std::string_view::npos) {
    return std::nullopt;
  }
  return "layer " + place.layer + " must not include " + in_quotes(header);
}

std::optional<std::string> wrong_public(const Include& include) {
  const bool is_standard = include.header.find_first_of("/.") == std::string::npos;
  if (is_standard || include.header == "sys/types.h") return std::nullopt;
  return "a public header includes only dray's headers and the standard library, not " + in_quotes(include.header);
}

/// Whether a header named from `path` lies outside the folder of the layer that `path` belongs to.
bool climbs_out(const std::filesystem::path& path, const Place& place, const Include& include) {
  if (include.header.find("..") == std::string::npos) return false;
  const auto target = (path.parent_path() / include.header).lexically_normal().generic_string();
  return !include.quoted || !target.starts_with((place.is_public ? "include/dray/" : "src/") + place.layer + "/");
}

std::optional<std::string> wrong(const LayerTable& layers, const std::filesystem::path& path, const Place& place,
                                 const Include& include) {
  if (climbs_out(path, place, include)) {
    return in_quotes(include.header) + " climbs out of its layer: include a public header as <dray/…>";
  }
  if (include.header.starts_with("dray/")) return wrong_arrow(layers, place, include);
  if (include.header.starts_with("src/")) return in_quotes(include.header) + " is another layer's private header";
  if (place.is_public) return wrong_public(include);
  return include.quoted ? std::nullopt : wrong_third_party(place, include);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool is_code(const std::filesystem::path& path) { return path.extension() == ".hpp" || path.extension() == ".cpp"; }

/// The files under `root`'s include/dray and src, relative to it, in order.
std::set<std::filesystem::path> code_below(const std::filesystem::path& root) {
  std::set<std::filesystem::path> files;
  for (const auto* top : {"include/dray", "src"}) {
    if (!std::filesystem::exists(root / top)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
      if (entry.is_regular_file() && is_code(entry.path())) files.insert(entry.path().lexically_relative(root));
    }
  }
  return files;
}

}  // namespace

LayerTable parse_layers(std::string_view text) {
  LayerTable layers;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (line.starts_with('#') || colon == std::string::npos) continue;
    std::istringstream below(line.substr(colon + 1));
    layers[line.substr(0, colon)] = {std::istream_iterator<std::string>(below), {}};
  }
  return layers;
}

std::vector<Include> parse_includes(std::string_view text) {
  static const std::regex include_line(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  std::vector<Include> found;
  std::istringstream lines{std::string(text)};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::smatch match;
    if (std::regex_match(line, match, include_line)) found.push_back({number, match[2], match[1] == "\""});
  }
  return found;
}

std::vector<std::string> broken_rules(const LayerTable& layers, const std::filesystem::path& path,
                                      std::string_view text) {
  const auto place = place_of(path);
  if (!place || !layers.contains(place->layer)) return {path.string() + ": belongs to no layer of cmake/layers.txt"};
  std::vector<std::string> broken;
  for (const auto& include : parse_includes(text)) {
    if (const auto reason = wrong(layers, path, *place, include)) {
      broken.push_back(path.string() + ":" + std::to_string(include.line) + ": " + *reason);
    }
  }
  return broken;
}

std::vector<std::string> broken_rules_below(const std::filesystem::path& root) {
  const auto layers = parse_layers(read_file(root / "cmake/layers.txt"));
  std::vector<std::string> broken;
  std::set<std::string> with_cli11;
  for (const auto& path : code_below(root)) {
    const auto text = read_file(root / path);
    std::ranges::move(broken_rules(layers, path, text), std::back_inserter(broken));
    const auto includes = parse_includes(text);
    if (std::ranges::any_of(includes, [](const auto& i) { return i.header.starts_with("CLI/"); })) {
      with_cli11.insert(path.string());
    }
  }
  if (with_cli11.size() > 1) {
    std::string list = "CLI11 takes seconds to compile and belongs in one file, but is included in:";
    for (const auto& file : with_cli11) list += " " + file;
    broken.push_back(list);
  }
  return broken;
}

}  // namespace dray::arrows
