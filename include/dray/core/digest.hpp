#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <dray/base/bytes.hpp>
#include <dray/base/result.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace dray {

/// The algorithms that count as verified; any other is refused.
/// Source: OCI image-spec 1.1, descriptor.md, "Registered algorithms".
enum class DigestAlgorithm : std::uint8_t { sha256, sha512 };

/// The algorithm's name as a digest begins with it, for example `sha256`.
[[nodiscard]] std::string_view name(DigestAlgorithm algorithm) noexcept;
/// The length of the raw hash in bytes: 32 or 64.
[[nodiscard]] std::size_t hash_bytes(DigestAlgorithm algorithm) noexcept;

/// The name of some bytes: an algorithm and its hash. A value; cheap to copy (no allocation), ordered, hashable.
/// There is no empty digest, and its text is safe as a path component and in a URL.
class Digest {
 public:
  /// Reads the text form `<algorithm>:<lower-case hex>`, for example `sha256:2c26b4…`.
  /// `text` is the whole digest; blanks are not trimmed.
  /// Errors: `invalid_input` when the algorithm is unknown, or the hex has another length or upper-case digits.
  /// Source: OCI image-spec 1.1, descriptor.md, "Digests".
  [[nodiscard]] static Result<Digest> parse(std::string_view text);
  /// The sha256 digest of `bytes`.
  [[nodiscard]] static Digest of(ByteView bytes);
  /// The digest whose raw hash is `hash`, which is exactly `hash_bytes(algorithm)` long.
  [[nodiscard]] static Digest from_hash(DigestAlgorithm algorithm, ByteView hash) noexcept;

  [[nodiscard]] DigestAlgorithm algorithm() const noexcept { return algorithm_; }
  /// The text form that `parse` reads.
  [[nodiscard]] std::string text() const { return std::string(text_view()); }
  /// The text form; valid as long as this digest.
  [[nodiscard]] std::string_view text_view() const noexcept;
  /// The hash in lower-case hex, without the algorithm; valid as long as this digest.
  [[nodiscard]] std::string_view hex() const noexcept;
  /// The first 12 hex digits, as `docker` prints; valid as long as this digest.
  [[nodiscard]] std::string_view short_hex() const noexcept { return hex().substr(0, 12); }

  friend bool operator==(const Digest& a, const Digest& b) noexcept { return a.text_view() == b.text_view(); }
  friend std::strong_ordering operator<=>(const Digest& a, const Digest& b) noexcept {
    return a.text_view() <=> b.text_view();
  }

 private:
  explicit Digest(DigestAlgorithm algorithm) noexcept;

  static constexpr std::size_t prefix_chars = 7;  // "sha256:" and "sha512:"
  std::array<char, prefix_chars + 128> text_{};
  DigestAlgorithm algorithm_;
};

}  // namespace dray

template <>
struct std::hash<dray::Digest> {
  [[nodiscard]] std::size_t operator()(const dray::Digest& digest) const noexcept {
    return std::hash<std::string_view>{}(digest.hex());
  }
};
