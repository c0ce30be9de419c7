#include "layer_reading.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <utility>

#include "../convert/layer_reader.hpp"

namespace dray::ops {

LayerReading::LayerReading(ContentSource& source, std::shared_ptr<Observer> observer, Clock* clock, Random* random)
    : source_(source),
      observer_(observer ? std::move(observer) : std::make_shared<Observer>()),
      budget_(limits::max_connections),
      services_{clock != nullptr ? *clock : system_clock(), random != nullptr ? *random : system_random(), *observer_,
                budget_, totals_} {
  services_.url_opener = dynamic_cast<OpensUrls*>(&source);
}

void LayerReading::plan(const std::vector<Descriptor>& layers) {
  Observer::Planned planned;
  planned.blobs = layers.size();
  for (const auto& layer : layers) planned.bytes += layer.size;
  observer_->on(planned);
}

Result<void> LayerReading::read(const Descriptor& layer, const DiffId& diff_id, const ArchiveUse& use,
                                const std::stop_token& stop) {
  LayerReader stored(source_, layer, services_, stop);
  observer_->on(Observer::Started{layer, 0});
  DRAY_TRY(stored.look());
  DRAY_TRY(read_archive(layer, diff_id, stored.bytes(), use));
  observer_->on(Observer::Finished{layer, Observer::How::transferred});
  return {};
}

Result<void> LayerReading::read_part(const Descriptor& layer, const ArchiveUse& use, const std::stop_token& stop) {
  LayerReader stored(source_, layer, services_, stop);
  DRAY_TRY(stored.look());
  DRAY_TRY_ASSIGN(const auto tar, decompress_detected(stored.bytes()));
  return use(*tar);
}

}  // namespace dray::ops
