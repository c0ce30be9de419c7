#include "cache_options.hpp"

#include <charconv>
#include <limits>

namespace dray::cli {
namespace {

struct Word {
  std::string name;  // who said it, for messages
  std::string text;
};

std::optional<Word> word_of(const Input& input, const std::string& option, const settings::Environment& environment,
                            const std::string& variable) {
  if (auto given = input.option(option)) return Word{option, *std::move(given)};
  if (auto set = settings::set_variable(environment, variable)) return Word{variable, *std::move(set)};
  return std::nullopt;
}

std::uint64_t factor_of(char unit) {
  constexpr std::uint64_t kilo = 1024;
  switch (unit) {
    case 'k':
    case 'K':
      return kilo;
    case 'm':
    case 'M':
      return kilo * kilo;
    case 'g':
    case 'G':
      return kilo * kilo * kilo;
    case 't':
    case 'T':
      return kilo * kilo * kilo * kilo;
    default:
      return 1;
  }
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view option, std::string_view text) {
  auto digits = text;
  const auto factor = digits.empty() ? 1 : factor_of(digits.back());
  if (factor > 1) digits.remove_suffix(1);
  std::uint64_t count = 0;
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_number = error == std::errc() && at == digits.data() + digits.size();
  if (is_number && count <= std::numeric_limits<std::uint64_t>::max() / factor) return count * factor;
  return Error(ErrorCode::invalid_input,
               std::string(option) + " takes bytes, as in 500M or 20G, not '" + std::string(text) + "'");
}

Result<std::filesystem::path> user_cache_folder(const settings::Environment& environment) {
  // The specification wants relative ones ignored.
  const auto cache = settings::set_variable(environment, "XDG_CACHE_HOME");
  if (cache && cache->starts_with('/')) return std::filesystem::path(*cache) / "dray" / "blobs";
  const auto home = settings::set_variable(environment, "HOME");
  if (home && home->starts_with('/')) return std::filesystem::path(*home) / ".cache" / "dray" / "blobs";
  return Error(ErrorCode::invalid_input,
               "neither XDG_CACHE_HOME nor HOME says where caches are: name a folder with "
               "--cache-dir");
}

Result<CacheChoice> cache_choice(const Input& input, const settings::Environment& environment) {
  CacheChoice choice;
  if (const auto size = word_of(input, "--cache-size", environment, "DRAY_CACHE_SIZE")) {
    DRAY_TRY_ASSIGN(choice.max_bytes, parse_bytes(size->name, size->text));
  }
  const auto folder = word_of(input, "--cache-dir", environment, "DRAY_CACHE_DIR");
  if (!folder || folder->text == "off") return choice;
  if (folder->text == "auto") {
    DRAY_TRY_ASSIGN(choice.folder, user_cache_folder(environment));
  } else if (folder->text.empty()) {
    return Error(ErrorCode::invalid_input, folder->name + " takes a folder, auto or off");
  } else {
    choice.folder = folder->text;
  }
  return choice;
}

}  // namespace dray::cli
