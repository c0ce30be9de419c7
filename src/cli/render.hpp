#pragma once

#include <dray/core/descriptor.hpp>
#include <dray/format/json.hpp>
#include <dray/ops/copy.hpp>
#include <dray/ops/inspect.hpp>
#include <optional>
#include <string>

namespace dray::cli {

// How values look in JSON results; the fields are documented in docs/output.md and only ever added to.

[[nodiscard]] Json text_or_null(const std::string& text);
[[nodiscard]] Json texts(const std::vector<std::string>& values);
[[nodiscard]] Json text_map(const std::map<std::string, std::string>& values);
[[nodiscard]] Json platform_json(const std::optional<Platform>& platform);
/// `mediaType`, `digest`, `size`, and `urls`, `platform` where there are any.
[[nodiscard]] Json descriptor_json(const Descriptor& descriptor);
[[nodiscard]] Json layer_row_json(const ops::LayerRow& row);
[[nodiscard]] Json referrers_sums_json(const ops::ReferrersSums& sums);
/// `3 referrers, 1 cosign tag, 2 already there; 1 listed but not there`; empty where nothing was found.
[[nodiscard]] std::string referrers_line(const ops::ReferrersSums& sums);
[[nodiscard]] Json copy_report_json(const ops::CopyReport& report, bool dry_run);

/// `gzip`, `zstd, foreign`, …: what a layer's media type says in a word.
[[nodiscard]] std::string layer_kind(const MediaType& type);
/// `image index (OCI)`, `image manifest (Docker v2.2)`, ….
[[nodiscard]] std::string manifest_kind(const MediaType& type);
/// What a build step did, without the shell's wrapping.
[[nodiscard]] std::string step_text(const std::string& created_by);

}  // namespace dray::cli
