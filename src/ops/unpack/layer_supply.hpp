#pragma once

#include <dray/base/stream.hpp>
#include <dray/ops/copy.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <stop_token>
#include <vector>

#include "layer_archive.hpp"

namespace dray::ops {

/// Where unpacking gets its layers from. Used by one thread.
class LayerSupply {
 public:
  virtual ~LayerSupply() = default;
  /// Waits for the layer until `stop`, and reads it as `read_archive` does.
  [[nodiscard]] virtual Result<void> read(const Descriptor& layer, const DiffId& diff_id, const ArchiveUse& use,
                                          const std::stop_token& stop) = 0;
  [[nodiscard]] virtual std::uint64_t bytes_transferred() const = 0;
};

/// Straight from a place on this machine.
[[nodiscard]] std::unique_ptr<LayerSupply> supply_directly(ContentSource& source, const std::vector<Descriptor>& layers,
                                                           const CopyOptions& options);

/// Brings the layers into a store, in parallel and in ranges as a copy does, and gives each as soon as it is there.
/// What it was given must outlive it; the bringing ends with it.
[[nodiscard]] std::unique_ptr<LayerSupply> supply_through(ContentSource& source, ContentStore& store,
                                                          const std::vector<Descriptor>& layers,
                                                          const CopyOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
