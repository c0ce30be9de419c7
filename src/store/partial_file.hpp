#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/file.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/store/abilities.hpp>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "blob_region.hpp"

namespace dray {

/// Where a blob is published inside a layout: `blobs/<algorithm>/<hex>`.
[[nodiscard]] std::string blob_path(const Digest& digest);
/// `<algorithm>-<hex>.partial` and `….journal`, inside the temporary folder.
[[nodiscard]] std::string partial_name(const Digest& digest);
[[nodiscard]] std::string journal_name(const Digest& digest);

/// Where a place on disk publishes a blob, below its root: a name in the root, or in folders that are made when needed.
using BlobPath = std::string (*)(const Digest&);

/// The folder that holds blobs of the algorithm; made, and made to last, when it is absent.
[[nodiscard]] Result<void> make_blob_folder(const Directory& root, DigestAlgorithm algorithm);

/// True when the place has a file of the blob's digest and size.
[[nodiscard]] Result<bool> blob_is_there(const Directory& root, const Descriptor& blob, BlobPath path_of = blob_path);

/// A blob on its way into a layout, or another place that names files by digest: a file in the temporary folder, locked
/// while it is written, with a journal beside it.
class PartialFile final : public PositionedWriter {
 public:
  /// nullptr when the blob is there, or when the one who was waited for has published it.
  [[nodiscard]] static Result<std::unique_ptr<PartialFile>> begin(std::shared_ptr<const Directory> root,
                                                                  const Descriptor& blob, Clock& clock,
                                                                  const std::stop_token& stop,
                                                                  BlobPath path_of = blob_path);
  ~PartialFile() override;
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  [[nodiscard]] std::vector<ByteRange> missing() const override;
  [[nodiscard]] bool resumed() const noexcept override { return region_.resumed(); }
  [[nodiscard]] Result<void> write(std::uint64_t offset, ByteView bytes) override;
  [[nodiscard]] Result<bool> clone(const FileDescriptor& file) override;
  /// Called once, when no write is under way.
  [[nodiscard]] Result<void> commit(const std::stop_token& stop) override;

  /// Throws the bytes away; afterwards only the destructor may be called.
  void discard() noexcept;

 private:
  PartialFile(std::shared_ptr<const Directory> root, Descriptor blob, FileDescriptor file, BlobPath path_of);
  [[nodiscard]] Result<void> take_up();
  [[nodiscard]] Result<void> publish();
  [[nodiscard]] Error in_context(Error error) const;

  const std::shared_ptr<const Directory> root_;
  const Descriptor blob_;
  const BlobPath path_of_;
  FileDescriptor file_;
  BlobRegion region_;
  bool finished_ = false;
};

}  // namespace dray
