#pragma once

#include <dray/base/result.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/format/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dray {

/// An image (or artifact) manifest, Docker v2.2 or OCI. The bytes it was read from stay with the caller.
struct Manifest {
  MediaType media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  ///< Base first.
  std::optional<MediaType> artifact_type;
  std::optional<Descriptor> subject;
  std::map<std::string, std::string> annotations;

  /// The sum of the config's and the layers' sizes.
  [[nodiscard]] std::uint64_t total_size() const noexcept;
  /// The bytes to push: our own canonical form (three blanks an indent as Docker, fixed member order).
  [[nodiscard]] std::string serialize() const;
};

/// An OCI index or a Docker manifest list.
struct Index {
  MediaType media_type;
  std::vector<Descriptor> manifests;
  std::optional<MediaType> artifact_type;
  std::optional<Descriptor> subject;
  std::map<std::string, std::string> annotations;

  [[nodiscard]] std::string serialize() const;
};

/// Docker schema 1: recognised, so that it can be named.
struct Schema1 {
  MediaType media_type;
  std::string name;
  std::string tag;
  std::string architecture;
  std::vector<Digest> layers;  ///< Base first, although the document has the top first.
};

using AnyManifest = std::variant<Manifest, Index, Schema1>;

/// Reads what a registry sent. `content_type` is the answer's (empty when there was none, or a file's).
/// The type is the document's own `mediaType`, else `content_type`, else what its members tell; where both are
/// there and differ, where it has both `layers` and `manifests`, more entries than `max_manifest_entries`, a
/// size below 0 or a digest that is none, it is refused (`invalid_input`, the member is named).
/// Source: image-spec 1.1 manifest.md, image-index.md; CVE-2021-41190.
[[nodiscard]] Result<AnyManifest> parse_manifest(std::string_view bytes, std::string_view content_type);

/// The media type of `parse_manifest`'s rule without reading the rest.
[[nodiscard]] Result<MediaType> manifest_media_type(std::string_view bytes, std::string_view content_type);

/// A descriptor as JSON, and back.
[[nodiscard]] Json to_json(const Descriptor& descriptor);
[[nodiscard]] Result<Descriptor> descriptor_from_json(const Json& json, std::string_view where);

}  // namespace dray
