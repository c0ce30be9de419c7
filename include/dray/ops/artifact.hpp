#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/format/file_title.hpp>
#include <dray/format/manifest.hpp>
#include <dray/ops/copy.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// A file that becomes a blob of an artifact.
struct ArtifactFile {
  std::optional<FileTitle> title = {};  ///< Of a layer; a config has none.
  MediaType media_type;
  std::uint64_t size = 0;
  /// Opens these bytes of it. Asked several times, from several threads; the file must stay as it is meanwhile.
  std::function<Result<std::unique_ptr<ByteSource>>(const ByteRange&)> open;
};

struct ArtifactOptions {
  /// Unset: it has none, which is only for one with a config of its own.
  std::optional<MediaType> artifact_type = {};
  std::optional<ArtifactFile> config = {};  ///< Unset: the empty one, `{}`.
  std::map<std::string, std::string> annotations = {};
  std::optional<Descriptor> subject = {};  ///< What it is attached to.
  CopyOptions copy = {};                   ///< How its blobs are sent.
};

struct ArtifactReport {
  CopyReport copied;
  Manifest manifest;
};

/// Makes an OCI image manifest of files (one layer each, in their order, stored as they are) and puts it with them into
/// the place, under `tag` or under its digest alone. Nothing in it tells the time, so the same files give the same
/// digest. Each file is read twice, once to hash it; none is held in memory.
/// Errors: `invalid_input` for two files of one title, for one that another's title takes for a folder, for an artifact
/// that is of no type; `limit_exceeded` for more than `max_layers`, or a manifest that would be too large;
/// `digest_mismatch` for a file that was changed meanwhile.
/// Source: OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage".
[[nodiscard]] Result<ArtifactReport> push_artifact(const std::vector<ArtifactFile>& files, const SinkOpener& open_sink,
                                                   const std::optional<std::string>& tag,
                                                   const ArtifactOptions& options, const std::stop_token& stop);

/// Refuses files that cannot lie in one folder together: `invalid_input`.
[[nodiscard]] Result<void> check_titles(std::vector<FileTitle> titles);

}  // namespace dray::ops
