#pragma once

#include <cstdint>
#include <dray/ops/copy.hpp>
#include <dray/store/file_folder.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

struct PullArtifactOptions {
  std::optional<Platform> platform = {};  ///< What to choose from an index; unset: the host's.
  bool force = false;                     ///< Files that are there with other bytes are replaced.
  CopyOptions copy = {};                  ///< How blobs are fetched; its platforms are no matter here.
};

struct PulledFile {
  FileTitle title;
  Descriptor blob;
  bool written = false;  ///< False: a file with these bytes was there already.
};

struct PullArtifactReport {
  Descriptor artifact;
  MediaType artifact_type;
  std::vector<PulledFile> files = {};     ///< In the order of the layers.
  std::vector<Descriptor> untitled = {};  ///< Layers without a title, which are left out.
  std::uint64_t bytes_transferred = 0;
};

/// Opens the folder; asked once, when the manifest has been read and its titles are known to be sound.
using FolderOpener = std::function<Result<std::shared_ptr<FileFolder>>()>;

/// Writes the files of an artifact under their titles, as `push_artifact`, oras and regctl put them. All are fetched
/// and verified before the first gets its name; blobs come as in a copy, and go on where a cut stopped them. Errors:
/// `invalid_input` for titles that are none, that are there twice or stand in each other's way; `conflict`, before
/// anything is fetched, for a file that is there with other bytes (unless `force`), and for anything else at a title or
/// on its way; `not_found` where no layer has a title.
[[nodiscard]] Result<PullArtifactReport> pull_artifact(ContentSource& source, const ManifestName& name,
                                                       const FolderOpener& open_folder,
                                                       const PullArtifactOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
