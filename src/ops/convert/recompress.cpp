#include "recompress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/base/guarded.hpp>
#include <dray/base/stop.hpp>
#include <dray/base/task_group.hpp>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <memory>
#include <thread>
#include <utility>

#include "../plan.hpp"
#include "../spool.hpp"
#include "../sums.hpp"
#include "layer_reader.hpp"

namespace dray::ops {

namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;

/// Compresses what `plain` gives and says its diff ID. Every piece but the last has the same size, so that the result
/// does not depend on how the bytes came.
Result<DiffId> compress_into(Spool& spool, ByteSource& plain, const LayerCompression& how,
                             const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto compressor, compress(spool, how.compression, how.level));
  Digester plain_digest(DigestAlgorithm::sha256);
  std::vector<std::byte> buffer(buffer_bytes);
  std::uint64_t total = 0;
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, fill(plain, buffer));
    const auto bytes = ByteView(buffer).first(count);
    plain_digest.update(bytes);
    if ((total += count) > limits::max_unpacked_bytes) {
      return Error(ErrorCode::limit_exceeded,
                   fmt::format("it has more than {} bytes, uncompressed", limits::max_unpacked_bytes));
    }
    if (count > 0) DRAY_TRY(compressor->write(bytes));
    if (count < buffer.size()) break;
  }
  DRAY_TRY(compressor->finish());
  return DiffId(plain_digest.finish());
}

Result<void> check_diff_id(const DiffId& is, const DiffId& wanted) {
  if (is == wanted) return {};
  return Error(ErrorCode::digest_mismatch,
               fmt::format("its plain bytes are {}, but the config says {}", is.text(), wanted.text()));
}

/// What the workers share.
struct Workshop {
  ContentSource& source;
  ContentSink& sink;
  const LayerCompression& how;
  TransferServices& services;
};

Result<NewForm::Made> compress_layer(const Workshop& shop, const LayerWork& work, const std::stop_token& stop) {
  const auto& layer = work.layer;
  LayerReader reader(shop.source, layer, shop.services, stop);
  DRAY_TRY_ASSIGN(const auto found, reader.look());
  if (found == shop.how.compression) return NewForm::Made{layer.digest, layer.size};
  DRAY_TRY_ASSIGN(const auto plain, decompress(reader.bytes(), found));
  DRAY_TRY_ASSIGN(auto spool, Spool::open());
  DRAY_TRY_ASSIGN(const auto diff_id, compress_into(spool, *plain, shop.how, stop));
  DRAY_TRY(check_diff_id(diff_id, work.diff_id));
  // The media type is its manifest's to say; places go by the digest.
  const Descriptor made{layer.media_type, spool.digest(), spool.size()};
  DRAY_TRY_ASSIGN(const bool there, shop.sink.has_blob(made, stop));
  if (!there) DRAY_TRY(shop.sink.put_blob(made, spool.opener(), stop));
  return NewForm::Made{made.digest, made.size};
}

std::size_t workers_of(const CopyOptions& options) {
  if (options.jobs > 0) return options.jobs;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, limits::max_blobs_per_host);
}

Observer::Planned sums_of(const std::vector<LayerWork>& layers) {
  Observer::Planned sums;
  sums.blobs = layers.size();
  for (const auto& work : layers) add_capped(sums.bytes, work.layer.size);
  return sums;
}

}  // namespace

Result<Compressed> compress_layers(ContentSource& source, const std::vector<LayerWork>& layers, ContentSink& sink,
                                   const LayerCompression& how, const CopyOptions& options,
                                   const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  ConnectionBudget budget(connections_of(options));
  TransferTotals totals;
  TransferServices services{options.clock != nullptr ? *options.clock : system_clock(),
                            options.random != nullptr ? *options.random : system_random(), observer, budget, totals};
  services.url_opener = dynamic_cast<OpensUrls*>(&source);
  const Workshop shop{source, sink, how, services};
  observer.on(sums_of(layers));
  Guarded<NewForms> forms;
  TaskGroup group(workers_of(options), stop);
  for (const auto& work : layers) {
    group.run([&shop, &work, &forms](const std::stop_token& group_stop) -> Result<void> {
      shop.services.observer.on(Observer::Started{work.layer, 0});
      auto made = compress_layer(shop, work, group_stop);
      if (!made) return std::move(made).error().context("layer " + work.layer.digest.text());
      forms.with([&](NewForms& all) { all.insert_or_assign(work.layer.digest, NewForm{*made}); });
      shop.services.observer.on(Observer::Finished{work.layer, Observer::How::transferred});
      return {};
    });
  }
  DRAY_TRY(group.wait());
  return Compressed{forms.with([](NewForms& all) { return std::move(all); }), totals.received};
}

}  // namespace dray::ops
