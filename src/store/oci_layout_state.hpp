#pragma once

#include <dray/store/oci_layout.hpp>

#include <atomic>
#include <memory>

#include "disk_blobs.hpp"
#include "layout_folder.hpp"
#include "layout_referrers.hpp"

namespace dray {

struct OciLayout::State final : LayoutManifests {
  explicit State(LayoutFolder layout) : folder(std::move(layout)), blobs(folder.root()) {}

  LayoutFolder folder;
  DiskBlobs blobs;
  std::atomic<bool> written = false;

  [[nodiscard]] const Directory& root() const { return *folder.root(); }
  [[nodiscard]] Error in_context(Error error) const {
    return std::move(error).context("oci:" + root().path().string());
  }
  void remove_leftovers() const noexcept { blobs.remove_leftovers({index_lock}); }
  template <class T>
  [[nodiscard]] Result<T> in_context(Result<T> result) const {
    return std::move(result).transform_error([this](Error error) { return in_context(std::move(error)); });
  }
  [[nodiscard]] Result<RawManifest> read_listed(const Descriptor& entry) const override;
  [[nodiscard]] Result<RawManifest> read_unlisted(const Digest& digest) const;
  [[nodiscard]] Result<void> store_manifest(const RawManifest& manifest, const std::stop_token& stop) override;
};

}  // namespace dray
