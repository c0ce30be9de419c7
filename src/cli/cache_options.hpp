#pragma once

#include <cstdint>
#include <dray/settings/environment.hpp>
#include <dray/store/cache_limits.hpp>
#include <filesystem>
#include <optional>

#include "command.hpp"

namespace dray::cli {

/// Which cache of blobs the words and the environment name.
struct CacheChoice {
  std::optional<std::filesystem::path> folder;  ///< Unset: none.
  std::uint64_t max_bytes = limits::default_cache_bytes;
};

/// Reads `--cache-dir` and `--cache-size`, else `DRAY_CACHE_DIR` and `DRAY_CACHE_SIZE`. `auto` is the user's own
/// folder, `off` none. Errors: `invalid_input`.
[[nodiscard]] Result<CacheChoice> cache_choice(const Input& input, const settings::Environment& environment);

/// The folder that `auto` means: `dray/blobs` in `XDG_CACHE_HOME`, or in `.cache` of the home.
[[nodiscard]] Result<std::filesystem::path> user_cache_folder(const settings::Environment& environment);

/// Bytes, perhaps with `k`, `M`, `G` or `T` of 1,024 behind them. Errors: `invalid_input`, which names `option`.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view option, std::string_view text);

}  // namespace dray::cli
