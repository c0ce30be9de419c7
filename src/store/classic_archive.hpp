#pragma once

#include <dray/base/bytes.hpp>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <map>
#include <stop_token>
#include <string>

#include "archive_files.hpp"
#include "layout_index.hpp"

namespace dray {

/// The images of an archive as `docker save` wrote it up to version 24, and as skopeo, podman, kaniko and bazel do: no
/// manifests, but a `manifest.json` that names each image's config and layers by their paths. Each image gets the
/// Docker manifest of these very bytes; its digest is not the one that a registry had.
struct ClassicImages {
  LayoutIndex index;
  std::map<Digest, ByteRange> blobs;        ///< Configs and layers, in the archive.
  std::map<Digest, std::string> manifests;  ///< Those that were made.
};

/// `manifest` is where `manifest.json` is. Layers that are compressed are read once for their digests; the digest of a
/// plain one is its diff ID, by the config's word. Errors: `invalid_input`, naming the image; `limit_exceeded`.
/// Source: github.com/moby/docker-image-spec, v1.2.md, "Combined Image JSON + Filesystem Changeset Format".
[[nodiscard]] Result<ClassicImages> read_classic_images(const ArchiveFiles& files, ByteRange manifest,
                                                        const std::stop_token& stop);

}  // namespace dray
