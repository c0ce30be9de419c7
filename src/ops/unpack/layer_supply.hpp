#pragma once

#include <dray/base/stream.hpp>
#include <dray/base/task_group.hpp>
#include <dray/ops/copy.hpp>
#include <dray/store/content.hpp>
#include <map>
#include <memory>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// Where unpacking gets its layers from: their bytes as stored, verified as they pass. Used by one thread.
class LayerSupply {
 public:
  virtual ~LayerSupply() = default;
  /// Waits for the layer until `stop`.
  [[nodiscard]] virtual Result<std::unique_ptr<ByteSource>> open(const Descriptor& layer,
                                                                 const std::stop_token& stop) = 0;
  [[nodiscard]] virtual std::uint64_t bytes_transferred() const = 0;
};

/// Straight from a place on this machine.
[[nodiscard]] std::unique_ptr<LayerSupply> supply_directly(ContentSource& source);

/// Brings the layers into a store, in parallel and in ranges as a copy does, and gives each as soon as it is there.
/// What it was given must outlive it; the bringing ends with it.
[[nodiscard]] std::unique_ptr<LayerSupply> supply_through(ContentSource& source, ContentStore& store,
                                                          const std::vector<Descriptor>& layers,
                                                          const CopyOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
