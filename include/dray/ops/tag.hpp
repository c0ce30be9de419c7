#pragma once

#include <dray/core/descriptor.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// A tag that points at the image now.
struct SetTag {
  std::string tag;
  std::optional<Digest> was;  ///< What it pointed at before; unset where there was no such tag.
};

struct TagImageReport {
  Descriptor image;
  std::vector<SetTag> tags;  ///< In the order that was asked for, each once.
};

/// Lets each of `tags` point at what `name` stands for in the same place: its manifest alone is sent, and only for tags
/// that point elsewhere. Names are checked before anything is asked.
/// Errors: `invalid_input` for what is no tag; `not_found`; the place's own, with the tags that were set before it.
[[nodiscard]] Result<TagImageReport> tag_image(ContentStore& store, const ManifestName& name,
                                               const std::vector<std::string>& tags, const std::stop_token& stop);

}  // namespace dray::ops
