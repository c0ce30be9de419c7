#pragma once

#include <compare>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace dray {

/// The digest of a layer's uncompressed tar. Its own type: the digest of the layer as stored is another thing.
/// Source: OCI image-spec 1.1, config.md, "Layer DiffID".
class DiffId {
 public:
  explicit DiffId(const Digest& digest) noexcept : digest_(digest) {}
  /// Reads the text form of a digest. Errors: as `Digest::parse`.
  [[nodiscard]] static Result<DiffId> parse(std::string_view text);

  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }
  [[nodiscard]] std::string text() const { return digest_.text(); }

  friend bool operator==(const DiffId&, const DiffId&) = default;
  friend std::strong_ordering operator<=>(const DiffId&, const DiffId&) = default;

 private:
  Digest digest_;
};

}  // namespace dray

template <>
struct std::hash<dray::DiffId> {
  [[nodiscard]] std::size_t operator()(const dray::DiffId& id) const noexcept {
    return std::hash<dray::Digest>{}(id.digest());
  }
};
