#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <optional>
#include <stop_token>
#include <unordered_set>

#include "tree_writer.hpp"

namespace dray::ops {

/// Lays layers over one another in a tree, the base first. A layer's whiteouts hide what lower layers have, wherever
/// they stand in it, and never what the layer itself brings. Source: image-spec 1.1, layer.md. Used by one thread.
class LayerApplier {
 public:
  explicit LayerApplier(TreeWriter& writer) : writer_(writer) {}

  /// Reads a layer's archive to its end. What the layer gives of rights waits for `TreeWriter::trust`.
  [[nodiscard]] Result<void> apply(ByteSource& tar, const std::stop_token& stop);

  [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }

 private:
  [[nodiscard]] Result<void> apply_entry(const TarEntry& entry, TarReader& data);
  [[nodiscard]] Result<void> hide(const std::vector<std::string>& folder, const std::optional<std::string>& name);

  void note(const Folder& above, const std::string& name);
  [[nodiscard]] bool is_of_this_layer(const Folder& above, const std::string& name) const;

  TreeWriter& writer_;
  bool is_base_ = true;
  std::unordered_set<std::uint64_t> names_;  // of this layer, each with its folder
  std::uint64_t entries_ = 0;
};

}  // namespace dray::ops
