#pragma once

#include <dray/format/json.hpp>
#include <dray/ops/copy_tags.hpp>
#include <string>

#include "exit_status.hpp"

namespace dray::cli {

/// One object for each tag: `tag`, `outcome`, `sourceDigest`, `digest`, `bytes`, `reasons`, `error`.
[[nodiscard]] Json tags_json(const std::vector<ops::TagReport>& tags);
/// A row for each tag but those that are unchanged; empty when there is none.
[[nodiscard]] std::string tags_table(const std::vector<ops::TagReport>& tags, bool dry_run, bool colour);
/// `12 tags: 3 copied, 8 unchanged, 1 failed`.
[[nodiscard]] std::string tags_sums(const std::vector<ops::TagReport>& tags, bool dry_run);

void add_errors(SharedStatus& status, const std::vector<ops::TagReport>& tags);

}  // namespace dray::cli
