#pragma once

#include <dray/ops/observer.hpp>
#include <functional>
#include <memory>

#include "terminal.hpp"

namespace dray::cli {

enum class ProgressStyle : unsigned char { automatic, plain, none };

/// Shows a transfer on the terminal: one line for each blob in flight with rate and time left, and a total;
/// elsewhere a plain line for each blob that is done, and one every five seconds. Nothing before the first second
/// has passed, unless `plain` was asked for. `decided` events go to `trace` when it is set.
[[nodiscard]] std::shared_ptr<ops::Observer> make_progress(ProgressStyle style, std::shared_ptr<Terminal> terminal,
                                                           std::function<void(const std::string&)> trace);

}  // namespace dray::cli
