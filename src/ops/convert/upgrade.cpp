#include "upgrade.hpp"

#include <fmt/format.h>

#include <dray/base/stop.hpp>
#include <dray/base/task_group.hpp>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <dray/format/image_config.hpp>
#include <dray/format/manifest.hpp>
#include <dray/format/schema1.hpp>
#include <dray/store/blob_sizes.hpp>
#include <dray/store/verify.hpp>
#include <map>
#include <utility>
#include <vector>

#include "../new_layer.hpp"
#include "../plan.hpp"
#include "../spool.hpp"
#include "image_types.hpp"
#include "layer_reader.hpp"

namespace dray::ops {

namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;

/// A layer of which only the digest was known.
struct Known {
  std::uint64_t size = 0;
  Compression compression = Compression::none;
  std::optional<DiffId> diff_id;
};

/// Passes bytes on and keeps them.
class Kept final : public ByteSource {
 public:
  Kept(std::unique_ptr<ByteSource> inner, Spool& spool) : inner_(std::move(inner)), spool_(spool) {}
  Result<std::size_t> read(ByteSpan into) override {
    DRAY_TRY_ASSIGN(const auto count, inner_->read(into));
    DRAY_TRY(spool_.write(ByteView(into.first(count))));
    return count;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  Spool& spool_;
};

Result<DiffId> hash_all(ByteSource& plain, const std::stop_token& stop) {
  Digester digester(DigestAlgorithm::sha256);
  std::vector<std::byte> buffer(buffer_bytes);
  for (std::uint64_t total = 0;;) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, plain.read(buffer));
    if (count == 0) return DiffId(digester.finish());
    digester.update(ByteView(buffer).first(count));
    if ((total += count) > limits::max_unpacked_bytes) {
      return Error(ErrorCode::limit_exceeded,
                   fmt::format("it has more than {} bytes, uncompressed", limits::max_unpacked_bytes));
    }
  }
}

/// What the workers share.
struct Reading {
  ContentSource& source;
  TellsBlobSizes& sizes;
  ContentSink* sink;
  TransferServices& services;
};

Result<Known> read_layer(const Reading& reading, const Digest& blob, const std::stop_token& stop) {
  Known known;
  DRAY_TRY_ASSIGN(known.size, reading.sizes.blob_size(blob, stop));
  const Descriptor layer{MediaType::of(media_types::docker_layer_gzip), blob, known.size};
  reading.services.observer.on(Observer::Started{layer, 0});
  bool wanted = false;
  if (reading.sink != nullptr) {
    DRAY_TRY_ASSIGN(const bool there, reading.sink->has_blob(layer, stop));
    wanted = !there;
  }
  DRAY_TRY_ASSIGN(auto spool, Spool::open());
  LayerReader reader(reading.source, layer, reading.services, stop);
  DRAY_TRY_ASSIGN(known.compression, reader.look());
  auto stored = reader.bytes();
  if (wanted) stored = std::make_unique<Kept>(std::move(stored), spool);
  DRAY_TRY_ASSIGN(const auto plain, decompress(std::move(stored), known.compression));
  DRAY_TRY_ASSIGN(known.diff_id, hash_all(*plain, stop));
  if (wanted) DRAY_TRY(reading.sink->put_blob(layer, spool.opener(), stop));
  reading.services.observer.on(Observer::Finished{layer, Observer::How::transferred});
  return known;
}

using KnownLayers = std::map<Digest, Known>;

/// Fills in what is known of each layer.
Result<void> read_layers(const Reading& reading, KnownLayers& layers, const CopyOptions& options,
                         const std::stop_token& stop) {
  TaskGroup group(options.jobs > 0 ? options.jobs : limits::max_blobs_per_host, stop);
  for (auto& [digest, known] : layers) {
    group.run([&reading, &digest = digest, &into = known](const std::stop_token& group_stop) -> Result<void> {
      auto read = read_layer(reading, digest, group_stop);
      if (!read) return std::move(read).error().context("layer " + digest.text());
      into = *std::move(read);
      return {};
    });
  }
  return group.wait();
}

/// The document that the digest is about.
Result<std::string> trusted_payload(const RawManifest& schema1) {
  DRAY_TRY_ASSIGN(auto payload, schema1_payload(schema1.bytes));
  const auto& wanted = schema1.descriptor.digest;
  const auto is = [&wanted](std::string_view bytes) {
    Digester digester(wanted.algorithm());
    digester.update(as_bytes(bytes));
    return digester.finish() == wanted;
  };
  // Places that know no schema 1 go by the bytes as they are.
  if (is(payload) || is(schema1.bytes)) return payload;
  return Error(ErrorCode::digest_mismatch,
               "neither it nor what its signatures are about is what its digest says: " + wanted.text());
}

Result<Upgraded> assemble(const std::vector<Schema1Step>& steps, const KnownLayers& layers, ImageTypes to) {
  const auto type = [to](std::string_view docker) { return *counterpart(MediaType::of(docker), to); };
  std::vector<DiffId> diff_ids;
  std::vector<Descriptor> descriptors;
  for (const auto& step : steps) {
    if (step.empty) continue;
    const auto& known = layers.at(step.blob);
    diff_ids.push_back(*known.diff_id);
    descriptors.push_back({layer_type(known.compression, to == ImageTypes::docker), step.blob, known.size});
  }
  auto config = schema1_config(steps, diff_ids);
  if (auto parsed = ImageConfig::parse(config); !parsed) {
    return std::move(parsed).error().context("the config that its v1Compatibility makes");
  }
  Descriptor described{type(media_types::docker_config), Digest::of(as_bytes(config)), config.size()};
  const Manifest manifest{
      .media_type = type(media_types::docker_manifest), .config = described, .layers = std::move(descriptors)};
  auto bytes = manifest.serialize();
  RawManifest raw{{manifest.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
  return Upgraded{std::move(raw), std::move(described), std::move(config)};
}

class WithConfig final : public ContentSource {
 public:
  WithConfig(ContentSource& inner, const Upgraded& upgraded) : inner_(inner), upgraded_(upgraded) {}

  [[nodiscard]] std::string describe() const override { return inner_.describe(); }
  Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    return inner_.resolve(name, stop);
  }
  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    return inner_.get_manifest(name, stop);
  }
  Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                               const std::stop_token& stop) override {
    if (blob.digest != upgraded_.config.digest) return inner_.open_blob(blob, range, stop);
    return OpenedBlob{std::make_unique<StringSource>(upgraded_.config_bytes), 0};
  }
  Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override { return inner_.list_tags(stop); }

 private:
  ContentSource& inner_;
  const Upgraded& upgraded_;
};

}  // namespace

Result<Upgraded> upgrade(ContentSource& source, const RawManifest& schema1, ImageTypes to, ContentSink* sink,
                         const CopyOptions& options, const std::stop_token& stop) {
  auto* sizes = dynamic_cast<TellsBlobSizes*>(&source);
  if (sizes == nullptr) {
    return Error(ErrorCode::unsupported, "schema 1 says no sizes of layers, and " + source.describe() +
                                             " does not tell them either: convert it where it is on a registry");
  }
  DRAY_TRY_ASSIGN(const auto payload, trusted_payload(schema1));
  DRAY_TRY_ASSIGN(const auto steps, schema1_steps(payload));
  KnownLayers layers;
  for (const auto& step : steps) {
    if (!step.empty) layers.try_emplace(step.blob);
  }
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  ConnectionBudget budget(connections_of(options));
  TransferTotals totals;
  TransferServices services{options.clock != nullptr ? *options.clock : system_clock(),
                            options.random != nullptr ? *options.random : system_random(), observer, budget, totals};
  DRAY_TRY(read_layers({source, *sizes, sink, services}, layers, options, stop));
  DRAY_TRY_ASSIGN(auto upgraded, assemble(steps, layers, to));
  upgraded.bytes_received = totals.received;
  return upgraded;
}

std::unique_ptr<ContentSource> with_config(ContentSource& source, const Upgraded& upgraded) {
  return std::make_unique<WithConfig>(source, upgraded);
}

}  // namespace dray::ops
