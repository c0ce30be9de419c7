#include <dray/core/chain_id.hpp>

namespace dray {

std::optional<ChainId> ChainId::of(std::span<const DiffId> layers) {
  if (layers.empty()) return std::nullopt;
  ChainId chain(layers.front().digest());
  for (const auto& layer : layers.subspan(1)) chain = chain.with(layer);
  return chain;
}

ChainId ChainId::with(const DiffId& layer) const { return ChainId(Digest::of(as_bytes(text() + " " + layer.text()))); }

}  // namespace dray
