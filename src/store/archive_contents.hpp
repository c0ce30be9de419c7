#pragma once

#include <dray/store/content.hpp>
#include <dray/store/image_archive.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "archive_files.hpp"
#include "classic_archive.hpp"
#include "layout_index.hpp"

namespace dray {

/// What an archive holds, in whichever form: an OCI layout, or docker's images of old. Never changes; safe from many
/// threads.
class ArchiveContents {
 public:
  /// Opens and looks through the file at `path` (`-`: standard input). Errors: `not_found`; `invalid_input` for what is
  /// no archive of the kind; as `ArchiveFiles` and `open_archive_input`.
  [[nodiscard]] static Result<std::shared_ptr<const ArchiveContents>> open(const std::string& path, ArchiveKind kind,
                                                                           const std::stop_token& stop);

  /// Which manifests it offers, and under which names.
  [[nodiscard]] const LayoutIndex& index() const noexcept { return index_; }
  /// The size of a blob or manifest; nullopt where the archive does not hold it.
  [[nodiscard]] std::optional<std::uint64_t> size_of(const Digest& digest) const;
  /// The bytes, not verified. `digest_mismatch` for another size than the blob's; `not_found`.
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range) const;

 private:
  explicit ArchiveContents(ArchiveFiles files) : files_(std::move(files)) {}
  [[nodiscard]] Result<void> read_layout(ByteRange header);
  [[nodiscard]] const ByteRange* find(const Digest& digest) const;

  ArchiveFiles files_;
  LayoutIndex index_;
  std::optional<ClassicImages> classic_;
};

}  // namespace dray
