#include "layer_archive.hpp"

#include <fmt/format.h>

#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <dray/format/image_config.hpp>
#include <dray/store/verify.hpp>
#include <optional>
#include <utility>

#include "read_ahead.hpp"

namespace dray::ops {

namespace {

/// Hashes what passes.
class DiffIdSource final : public ByteSource {
 public:
  DiffIdSource(std::unique_ptr<ByteSource> inner, DigestAlgorithm algorithm, std::optional<Digest>& digest)
      : inner_(std::move(inner)), digester_(algorithm), digest_(digest) {}
  Result<std::size_t> read(ByteSpan into) override {
    DRAY_TRY_ASSIGN(const auto count, inner_->read(into));
    if (count > 0) {
      digester_.update(ByteView(into).first(count));
    } else if (!into.empty() && !digest_) {
      digest_ = digester_.finish();
    }
    return count;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  Digester digester_;
  std::optional<Digest>& digest_;
};

Error in_layer(Error error, const Descriptor& layer) {
  return std::move(error).context("layer " + layer.digest.text());
}

}  // namespace

Result<std::vector<DiffId>> diff_ids_of(ContentSource& source, const Manifest& manifest, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto bytes, read_blob(source, manifest.config, limits::max_config_bytes, stop));
  DRAY_TRY_ASSIGN(auto config, ImageConfig::parse(bytes));
  if (config.diff_ids.size() == manifest.layers.size()) return std::move(config.diff_ids);
  return Error(ErrorCode::invalid_input,
               fmt::format("the manifest has {} layers, and the config tells the diff IDs of {}: "
                           "this is no image that could be unpacked",
                           manifest.layers.size(), config.diff_ids.size()));
}

Result<void> read_archive(const Descriptor& layer, const DiffId& diff_id, std::unique_ptr<ByteSource> stored,
                          const ArchiveUse& use) {
  std::optional<Digest> found;
  {
    auto inflated = decompress_detected(std::move(stored));
    if (!inflated) return in_layer(std::move(inflated).error(), layer);
    ReadAhead tar(std::make_unique<DiffIdSource>(*std::move(inflated), diff_id.digest().algorithm(), found));
    if (auto applied = use(tar); !applied) return in_layer(std::move(applied).error(), layer);
    // The archive was read to its end; that nothing follows is for the hash to see.
    std::byte end[1];
    auto rest = tar.read(end);
    if (!rest) return in_layer(std::move(rest).error(), layer);
  }
  if (!found || *found != diff_id.digest()) {
    return Error(ErrorCode::digest_mismatch,
                 fmt::format("layer {}: its archive has the diff ID {}, and the image's config says {}",
                             layer.digest.text(), found ? found->text() : "of more than was read", diff_id.text()));
  }
  return {};
}

}  // namespace dray::ops
