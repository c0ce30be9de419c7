#pragma once

#include <dray/base/stream.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/digester.hpp>
#include <dray/store/content.hpp>

#include <algorithm>
#include <string>

namespace dray::testing {

[[nodiscard]] inline Descriptor blob_of(std::string_view bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256) {
  Digester digester(algorithm);
  digester.update(as_bytes(bytes));
  return {.media_type = MediaType::of(media_types::oci_layer), .digest = digester.finish(), .size = bytes.size()};
}

/// Bytes that repeat nowhere soon.
[[nodiscard]] inline std::string pattern(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<char>(seed >> 24U);
  }
  return bytes;
}

/// Gives out at most `piece` bytes at a time.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
  Result<std::size_t> read(ByteSpan into) override {
    const auto count = std::min({into.size(), piece_, bytes_.size() - at_});
    std::copy_n(as_bytes(bytes_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

[[nodiscard]] inline BlobOpener opener(std::string bytes) {
  return [bytes = std::move(bytes)]() -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(bytes);
  };
}

/// An image manifest whose config is `{}` and whose only layer is `content`.
[[nodiscard]] inline RawManifest image_of(const std::string& content) {
  const auto layer = blob_of(content);
  RawManifest manifest{
      .descriptor = blob_of(""),
      .bytes = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":)"
               R"("application/vnd.oci.image.config.v1+json","digest":")" +
               blob_of("{}").digest.text() +
               R"(","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
               layer.digest.text() + R"(","size":)" + std::to_string(layer.size) + "}]}"};
  manifest.descriptor = blob_of(manifest.bytes);
  manifest.descriptor.media_type = MediaType::of(media_types::oci_manifest);
  return manifest;
}

}  // namespace dray::testing
