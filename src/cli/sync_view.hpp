#pragma once

#include <dray/app/sync.hpp>
#include <dray/format/json.hpp>
#include <string>

namespace dray::cli {

// A report of `sync` as people and scripts see it.

[[nodiscard]] Json sync_json(const SyncReport& report, bool dry_run);
/// Places where something was done or failed, and the sums.
[[nodiscard]] std::string sync_table(const SyncReport& report, bool dry_run, bool colour);
/// `exit_done` where nothing failed.
[[nodiscard]] int sync_status(const SyncReport& report);

}  // namespace dray::cli
