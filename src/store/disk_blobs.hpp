#pragma once

#include <dray/base/file.hpp>
#include <dray/base/stop.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "partial_file.hpp"

namespace dray {

/// The blobs of a place on disk: files below its root, named by their digests and written through partial files. What
/// the OCI layout, the `dir:` folder and the cache have in common. Safe from many threads and processes.
class DiskBlobs {
 public:
  /// `path_of` says where a blob is published; `also_at`, unless null, where another writer may have put it.
  explicit DiskBlobs(std::shared_ptr<const Directory> root, BlobPath path_of = blob_path, BlobPath also_at = nullptr)
      : root_(std::move(root)), path_of_(path_of), also_at_(also_at) {}

  /// As `HoldsFiles`.
  [[nodiscard]] std::optional<FileDescriptor> file(const Descriptor& blob) const;
  /// True when there is a file of the blob's digest and size.
  [[nodiscard]] Result<bool> has(const Descriptor& blob) const;
  /// As `ContentSource::open_blob`; another size than the blob's is `digest_mismatch`.
  [[nodiscard]] Result<OpenedBlob> open(const Descriptor& blob, const std::optional<ByteRange>& range) const;
  /// As `ContentSink::put_blob`.
  [[nodiscard]] Result<void> put(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) const;
  /// As `PartialFile::begin`.
  [[nodiscard]] Result<std::unique_ptr<PartialFile>> begin(const Descriptor& blob, const std::stop_token& stop) const;
  /// False when there was none.
  [[nodiscard]] Result<bool> remove(const Digest& digest) const;
  /// As `HasFreeSpace::set_aside_bytes`.
  [[nodiscard]] Result<std::uint64_t> set_aside_bytes(const Descriptor& blob) const;

  /// Removes what nobody needs of the temporary folder, and the folder itself once it is empty: partial blobs that are
  /// in their place by now and nobody writes, and those of `locks` that nobody has. Names that are not ours stay.
  void remove_leftovers(const std::vector<std::string>& locks) const noexcept;
  /// The same with every partial blob that nobody writes: for a place where none is taken up again.
  void remove_abandoned() const noexcept;

 private:
  [[nodiscard]] Result<FileDescriptor> open_file(const Descriptor& blob) const;
  enum class Partials : std::uint8_t { published, all };
  [[nodiscard]] Result<void> clean(const std::vector<std::string>& locks, Partials which) const;

  std::shared_ptr<const Directory> root_;
  BlobPath path_of_;
  BlobPath also_at_;
};

/// Big enough that a system call costs little beside the bytes that it moves.
inline constexpr std::size_t copy_buffer_bytes = 256UL * 1024;

/// Reads the source to its end into the writer. More or fewer bytes than the blob has are `digest_mismatch`.
[[nodiscard]] Result<void> fill(PositionedWriter& writer, const Descriptor& blob, ByteSource& source,
                                const std::stop_token& stop);

}  // namespace dray
