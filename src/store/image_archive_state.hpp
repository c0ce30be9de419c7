#pragma once

#include <dray/base/file.hpp>
#include <dray/store/image_archive.hpp>
#include <dray/store/referrers.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive_contents.hpp"
#include "archive_documents.hpp"
#include "archive_names.hpp"
#include "layout_referrers.hpp"
#include "pending_archive.hpp"

namespace dray {

struct ImageArchive::State final : ArchivedManifests, LayoutManifests {
  State(std::string archive_path, ArchiveKind archive_kind)
      : path(std::move(archive_path)), kind(archive_kind), names(archive_kind) {}

  const std::string path;
  const ArchiveKind kind;
  ArchiveNames names;
  std::shared_ptr<const Directory> root = nullptr;  ///< The archive's folder; null for standard input.
  std::string name;                                 ///< The archive in it.

  // Locks are taken in this order. `opening` is held while another writer is waited for, the others never for long.
  std::mutex opening;
  mutable std::mutex index_mutex;
  LayoutIndex index;                 ///< With what was changed; under index_mutex, as the next one.
  std::vector<Descriptor> put = {};  ///< Manifests that came, in their order.
  mutable std::mutex content_mutex;  ///< For the rest.
  std::shared_ptr<const ArchiveContents> input = nullptr;  ///< What the file holds; null without one.
  std::optional<FileStatus> input_status = {};
  std::set<Digest> removed = {};  ///< Of the input.
  std::shared_ptr<PendingArchive> pending = nullptr;

  [[nodiscard]] Error in_context(Error error) const;
  template <class T>
  [[nodiscard]] Result<T> in_context(Result<T> result) const {
    return std::move(result).transform_error([this](Error error) { return in_context(std::move(error)); });
  }

  [[nodiscard]] Result<void> load(bool may_be_absent, const std::stop_token& stop);
  [[nodiscard]] std::optional<std::uint64_t> size_of(const Digest& digest) const;
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range) const;
  [[nodiscard]] Result<std::string> read_bytes(const Digest& digest, std::uint64_t limit) const;
  [[nodiscard]] Result<RawManifest> read_unlisted(const Digest& digest) const;
  [[nodiscard]] std::optional<Descriptor> listed(const Digest& digest) const;

  [[nodiscard]] bool holds(const Digest& digest) const override { return size_of(digest).has_value(); }
  [[nodiscard]] Result<RawManifest> read_manifest(const Digest& digest) const override;
  [[nodiscard]] Result<RawManifest> read_listed(const Descriptor& entry) const override;

  /// The pending copy, begun when it is first needed.
  [[nodiscard]] Result<std::shared_ptr<PendingArchive>> begin_writing(const std::stop_token& stop);
  [[nodiscard]] Result<void> store_manifest(const RawManifest& manifest, const std::stop_token& stop) override;
  /// Takes a blob or manifest away; false when it is not there.
  [[nodiscard]] bool drop(const Digest& digest);
  [[nodiscard]] Result<void> change_list(const Digest& subject, const std::function<bool(IndexDocument&)>& change,
                                         const std::stop_token& stop);

  [[nodiscard]] Result<std::vector<Digest>> wanted() const;
  [[nodiscard]] Result<void> gather(PendingArchive& into, const std::vector<Digest>& digests,
                                    const std::stop_token& stop) const;
  [[nodiscard]] Result<void> publish(const std::shared_ptr<PendingArchive>& from, const std::stop_token& stop);
};

}  // namespace dray
