#pragma once

#include <condition_variable>
#include <dray/base/file.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/abilities.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "archive_documents.hpp"
#include "blob_region.hpp"

namespace dray {

/// What is lost at once when it breaks needs no journal.
[[nodiscard]] inline bool is_journaled(const Descriptor& blob) { return blob.size > limits::resume_progress_bytes; }

/// An archive that is being written: a tar file in the temporary folder beside its place, locked, in which each blob
/// has its region from the moment it is begun, so that several arrive at once, at any offset, and a later process finds
/// what an earlier one left. docs/formats/oci-archive.md describes the file. Safe from many threads.
class PendingArchive : public std::enable_shared_from_this<PendingArchive> {
 public:
  /// Begins, or takes up, the copy that is to become `name` in `root`; waits while another thread or process writes it.
  [[nodiscard]] static Result<std::shared_ptr<PendingArchive>> open(std::shared_ptr<const Directory> root,
                                                                    const std::string& name,
                                                                    const std::stop_token& stop);
  /// Begins another copy beside it, which nothing is taken up for; `this` keeps the lock as long as it lives.
  [[nodiscard]] Result<std::shared_ptr<PendingArchive>> begin_again(const std::stop_token& stop);
  ~PendingArchive();
  PendingArchive(const PendingArchive&) = delete;
  PendingArchive& operator=(const PendingArchive&) = delete;

  /// The size of a blob that is here and verified.
  [[nodiscard]] std::optional<std::uint64_t> size_of(const Digest& digest) const;
  /// The bytes of such a blob. Errors: `not_found`; `digest_mismatch` for another size.
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range) const;
  /// What an unfinished blob has set aside in the file.
  [[nodiscard]] std::uint64_t set_aside(const Digest& digest) const;

  /// As `WritesPositioned`; `discard` throws away what a try left.
  class Writer;
  [[nodiscard]] Result<std::unique_ptr<Writer>> begin(const Descriptor& blob, const std::stop_token& stop);
  /// As `ContentSink::put_blob`.
  [[nodiscard]] Result<void> put(const Descriptor& blob, const BlobOpener& open, const std::stop_token& stop);
  /// Gives blobs their regions in this order.
  [[nodiscard]] Result<void> lay_out(const std::vector<Descriptor>& blobs);
  /// Forgets a blob; its region stays unused. False when there was none.
  bool remove(const Digest& digest);

  /// True when the file is nothing but these, all verified.
  [[nodiscard]] bool holds_just(const std::vector<Digest>& digests) const;
  /// Writes the documents behind the blobs, ends and syncs the file, and renames it into its place. Nothing else may be
  /// called afterwards.
  [[nodiscard]] Result<void> publish(const std::vector<ArchiveDocument>& documents);
  /// Throws the file and its journals away.
  void discard() noexcept;

 private:
  enum class State : std::uint8_t { idle, busy, ready };
  struct Region {
    Descriptor blob;
    std::uint64_t header_at = 0;
    std::uint64_t data_at = 0;
    std::uint64_t end = 0;      // the padding's
    std::uint64_t on_disk = 0;  // what an earlier process may have left
    State state = State::idle;
    std::unique_ptr<BlobRegion> bytes = {};
  };
  struct Names {
    std::string archive;
    std::string pending;         // these two in the temporary folder
    std::string journal_prefix;  // empty: nothing is ever taken up
  };

  PendingArchive(std::shared_ptr<const Directory> root, Names names, FileDescriptor file)
      : root_(std::move(root)), names_(std::move(names)), file_(std::move(file)) {}
  [[nodiscard]] Result<void> take_up();
  [[nodiscard]] std::string journal_of(const Digest& digest) const;
  [[nodiscard]] const Region* ready(const Digest& digest) const;
  [[nodiscard]] Result<Region*> claim(const Descriptor& blob, const std::stop_token& stop);
  Region* place(const Descriptor& blob);
  [[nodiscard]] Result<void> prepare(Region& region);
  [[nodiscard]] Result<void> write_header(const Region& region);
  void clean_up() noexcept;
  void remove_journal(const Digest& digest) noexcept;
  void let_go(Region& region, State state) noexcept;
  [[nodiscard]] Result<void> write_documents(const std::vector<ArchiveDocument>& documents);

  const std::shared_ptr<const Directory> root_;
  const Names names_;
  FileDescriptor file_;
  mutable std::mutex mutex_;
  std::condition_variable_any released_;
  std::map<Digest, std::unique_ptr<Region>> regions_;  // under mutex_, but for a busy one's bytes
  std::vector<std::unique_ptr<Region>> dropped_;       // under mutex_; they may be busy still
  std::uint64_t end_ = 0;                              // under mutex_
  bool finished_ = false;
};

/// Destroyed before `commit`, its bytes stay for the next one.
class PendingArchive::Writer final : public PositionedWriter {
 public:
  Writer(std::shared_ptr<PendingArchive> archive, Region& region)
      : archive_(std::move(archive)), region_(region), resumed_(region.bytes->resumed()) {}
  ~Writer() override;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] std::vector<ByteRange> missing() const override { return region_.bytes->missing(); }
  [[nodiscard]] bool resumed() const noexcept override { return resumed_; }
  [[nodiscard]] Result<void> write(std::uint64_t offset, ByteView bytes) override;
  [[nodiscard]] Result<void> commit(const std::stop_token& stop) override;
  void discard() noexcept;

 private:
  [[nodiscard]] Error in_context(Error error) const;

  std::shared_ptr<PendingArchive> archive_;
  Region& region_;
  const bool resumed_;
  bool done_ = false;
};

}  // namespace dray
