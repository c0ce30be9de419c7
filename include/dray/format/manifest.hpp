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
/// The withdrawn OCI artifact manifest is one too: its blobs are the layers, and its config is the empty document
/// (`{}`, type `oci_empty`) with its two bytes embedded, so that nobody has to ask a registry for them.
struct Manifest {
  MediaType media_type;
  Descriptor config;
  std::vector<Descriptor> layers = {};  ///< Base first.
  std::optional<MediaType> artifact_type = {};
  std::optional<Descriptor> subject = {};
  std::map<std::string, std::string> annotations = {};

  /// The sum of the config's and the layers' sizes; stays at 2^64-1 where that is passed.
  [[nodiscard]] std::uint64_t total_size() const noexcept;
  /// The bytes to push, one form for both families: three blanks an indent and no line end at the end as Docker
  /// writes, members in the order of the types here, empty ones left out. What was read from Docker comes out as the
  /// same bytes.
  [[nodiscard]] std::string serialize() const;
};

/// An OCI index or a Docker manifest list.
struct Index {
  MediaType media_type;
  std::vector<Descriptor> manifests = {};
  std::optional<MediaType> artifact_type = {};
  std::optional<Descriptor> subject = {};
  std::map<std::string, std::string> annotations = {};

  [[nodiscard]] std::string serialize() const;
};

/// Docker schema 1: recognised, so that it can be named.
struct Schema1 {
  MediaType media_type;
  std::string name = {};
  std::string tag = {};
  std::string architecture = {};
  std::vector<Digest> layers = {};  ///< Base first, although the document has the top first.
};

using AnyManifest = std::variant<Manifest, Index, Schema1>;

/// Reads what a registry sent. `content_type` is the answer's (empty when there was none, or a file's).
/// The type is the document's own `mediaType`, else `content_type`, else what its members tell. A Content-Type that
/// means nothing (`application/json`, `text/plain`, `application/octet-stream`) counts as none.
/// Errors, each naming the member: `invalid_input` where own type and Content-Type differ, where it has members of two
/// kinds (`layers` and `manifests`), or one that differs from a known member by case alone, for a size that is no whole
/// number from 0 to 2^63-1, a digest or media type that is none; `digest_mismatch` where embedded `data` is not what
/// its descriptor says; `limit_exceeded` for more than `max_layers` layers or `max_manifest_entries` entries;
/// `unsupported` for a type that is neither manifest nor index. The document's size is the caller's to bound.
/// Source: image-spec 1.1 manifest.md, image-index.md; CVE-2021-41190.
[[nodiscard]] Result<AnyManifest> parse_manifest(std::string_view bytes, std::string_view content_type);

/// The media type of `parse_manifest`'s rule without reading the rest.
[[nodiscard]] Result<MediaType> manifest_media_type(std::string_view bytes, std::string_view content_type);

/// A descriptor as JSON, and back. `where` is its path in messages, for example `layers[2]`.
[[nodiscard]] Json to_json(const Descriptor& descriptor);
[[nodiscard]] Result<Descriptor> descriptor_from_json(const Json& json, std::string_view where);

}  // namespace dray
