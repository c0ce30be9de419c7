#pragma once

#include <dray/store/oci_layout.hpp>

#include <atomic>
#include <memory>

#include "disk_blobs.hpp"
#include "layout_folder.hpp"

namespace dray {

struct OciLayout::State {
  explicit State(LayoutFolder layout) : folder(std::move(layout)), blobs(folder.root()) {}

  LayoutFolder folder;
  DiskBlobs blobs;
  std::atomic<bool> written = false;

  [[nodiscard]] const Directory& root() const { return *folder.root(); }
  [[nodiscard]] Error in_context(Error error) const {
    return std::move(error).context("oci:" + root().path().string());
  }
  void remove_leftovers() const noexcept { blobs.remove_leftovers({index_lock}); }
  [[nodiscard]] Result<RawManifest> read_listed(const Descriptor& entry) const;
  [[nodiscard]] Result<RawManifest> read_unlisted(const Digest& digest) const;
  [[nodiscard]] Result<IndexDocument> read_referrers(const LayoutIndex& index, const Digest& subject) const;
  [[nodiscard]] Result<void> scan_referrers(const LayoutIndex& index, const Digest& subject,
                                            std::vector<Descriptor>& found, const std::stop_token& stop) const;
};

}  // namespace dray
