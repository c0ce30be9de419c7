#pragma once

#include <dray/core/platform.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// A manifest that was fetched and understood.
struct FetchedManifest {
  RawManifest raw;
  AnyManifest parsed;
};
[[nodiscard]] Result<FetchedManifest> fetch_manifest(ContentSource& source, const ManifestName& name,
                                                     const std::stop_token& stop);

/// An image that was reached through zero or more indexes.
struct SelectedImage {
  RawManifest raw;
  Manifest manifest;
  std::optional<Platform> platform;  ///< As the index says; nullopt when there was none.
  std::string reason;                ///< Why this one, in a sentence.
  std::vector<Descriptor> path;      ///< From what the name stood for down to this manifest.
};

/// Follows `name` to one image. An index is narrowed to `platform` (nullopt: the host's; a plain manifest is
/// taken as it is unless a platform was asked for and its config says another one). No match is `not_found`
/// with every platform that there is; attestations never match.
[[nodiscard]] Result<SelectedImage> select_image(ContentSource& source, const ManifestName& name,
                                                 const std::optional<Platform>& platform, const std::stop_token& stop);

}  // namespace dray::ops
