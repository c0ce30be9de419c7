#pragma once

#include <dray/app/app.hpp>
#include <string_view>

#include "command.hpp"

namespace dray::cli {

/// Bytes a second as curl and wget take them: a number, perhaps with `k`, `M` or `G` of 1,024 behind it.
/// Errors: `invalid_input`.
[[nodiscard]] Result<std::uint64_t> parse_rate(std::string_view text);

/// Puts what the command line says of mirrors, certificates, addresses, proxies and limits into `options`.
[[nodiscard]] Result<void> read_network_options(const Input& input, Options& options);

}  // namespace dray::cli
