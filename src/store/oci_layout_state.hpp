#pragma once

#include <dray/store/oci_layout.hpp>

#include <atomic>
#include <memory>

#include "layout_folder.hpp"
#include "partial_file.hpp"

namespace dray {

struct OciLayout::State {
  explicit State(LayoutFolder layout) : folder(std::move(layout)) {}

  LayoutFolder folder;
  std::atomic<bool> written = false;

  [[nodiscard]] const Directory& root() const { return *folder.root(); }
  [[nodiscard]] Error in_context(Error error) const {
    return std::move(error).context("oci:" + root().path().string());
  }
  [[nodiscard]] Result<std::unique_ptr<PartialFile>> begin(const Descriptor& blob, const std::stop_token& stop);
  [[nodiscard]] Result<RawManifest> read_listed(const Descriptor& entry) const;
  [[nodiscard]] Result<RawManifest> read_unlisted(const Digest& digest) const;
  [[nodiscard]] Result<bool> remove_file(const Digest& digest) const;
  [[nodiscard]] Result<IndexDocument> read_referrers(const LayoutIndex& index, const Digest& subject) const;
  [[nodiscard]] Result<void> scan_referrers(const LayoutIndex& index, const Digest& subject,
                                            std::vector<Descriptor>& found, const std::stop_token& stop) const;
};

}  // namespace dray
