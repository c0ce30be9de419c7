#pragma once

#include <dray/base/clock.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <stop_token>
#include <vector>

#include "../transfer/services.hpp"
#include "layer_archive.hpp"

namespace dray::ops {

/// Reads layers straight from a place, one after another: resumed where they break off, from a layer's `urls` where the
/// place does not hold it, and told of to an observer. Used by one thread; the source outlives it.
class LayerReading {
 public:
  /// Any of the pointers may be null.
  LayerReading(ContentSource& source, std::shared_ptr<Observer> observer, Clock* clock, Random* random);

  /// Tells the observer what is going to be read.
  void plan(const std::vector<Descriptor>& layers);
  /// As `read_archive`.
  [[nodiscard]] Result<void> read(const Descriptor& layer, const DiffId& diff_id, const ArchiveUse& use,
                                  const std::stop_token& stop);
  /// Lets `use` read as much of the archive as it wants, which is verified only when it reads to the end.
  [[nodiscard]] Result<void> read_part(const Descriptor& layer, const ArchiveUse& use, const std::stop_token& stop);

 private:
  ContentSource& source_;
  const std::shared_ptr<Observer> observer_;
  ConnectionBudget budget_;
  TransferTotals totals_;
  TransferServices services_;
};

}  // namespace dray::ops
