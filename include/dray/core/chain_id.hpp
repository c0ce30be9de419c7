#pragma once

#include <compare>
#include <dray/core/diff_id.hpp>
#include <dray/core/digest.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace dray {

/// The name of a stack of layers, made of their diff IDs, base first.
/// Source: OCI image-spec 1.1, config.md, "Layer ChainID".
class ChainId {
 public:
  explicit ChainId(const Digest& digest) noexcept : digest_(digest) {}
  /// The chain ID of the whole stack; nothing for an empty one. One layer's chain ID is its diff ID.
  [[nodiscard]] static std::optional<ChainId> of(std::span<const DiffId> layers);
  /// The chain ID of this stack with `layer` on top.
  [[nodiscard]] ChainId with(const DiffId& layer) const;

  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }
  [[nodiscard]] std::string text() const { return digest_.text(); }

  friend bool operator==(const ChainId&, const ChainId&) = default;
  friend std::strong_ordering operator<=>(const ChainId&, const ChainId&) = default;

 private:
  Digest digest_;
};

}  // namespace dray

template <>
struct std::hash<dray::ChainId> {
  [[nodiscard]] std::size_t operator()(const dray::ChainId& id) const noexcept {
    return std::hash<dray::Digest>{}(id.digest());
  }
};
