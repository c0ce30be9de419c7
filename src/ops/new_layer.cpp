#include "new_layer.hpp"

#include <algorithm>
#include <array>
#include <dray/base/stop.hpp>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <dray/format/tar.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "spool.hpp"

namespace dray::ops {

namespace {

/// Passes the bytes of a source on to whoever wants them too.
template <class OnBytes>
class Tap final : public ByteSource {
 public:
  Tap(std::unique_ptr<ByteSource> inner, OnBytes on_bytes) : inner_(std::move(inner)), on_bytes_(std::move(on_bytes)) {}
  Result<std::size_t> read(ByteSpan into) override {
    DRAY_TRY_ASSIGN(const auto count, inner_->read(into));
    DRAY_TRY(on_bytes_(ByteView(into.first(count))));
    return count;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  OnBytes on_bytes_;
};

template <class OnBytes>
std::unique_ptr<ByteSource> tap(std::unique_ptr<ByteSource> inner, OnBytes on_bytes) {
  return std::make_unique<Tap<OnBytes>>(std::move(inner), std::move(on_bytes));
}

/// The bytes that were read ahead, then the rest.
class Rejoined final : public ByteSource {
 public:
  Rejoined(std::string ahead, std::unique_ptr<ByteSource> rest) : ahead_(std::move(ahead)), rest_(std::move(rest)) {}
  Result<std::size_t> read(ByteSpan into) override {
    DRAY_TRY_ASSIGN(const auto count, ahead_.read(into));
    if (count > 0 || into.empty()) return count;
    return rest_->read(into);
  }

 private:
  StringSource ahead_;
  std::unique_ptr<ByteSource> rest_;
};

struct Detected {
  std::unique_ptr<ByteSource> source;
  Compression compression;
};

Result<Detected> detect(std::unique_ptr<ByteSource> source) {
  std::array<std::byte, 4> first{};
  std::size_t have = 0;
  while (have < first.size()) {
    DRAY_TRY_ASSIGN(const auto count, source->read(ByteSpan(first).subspan(have)));
    if (count == 0) break;
    have += count;
  }
  const auto head = ByteView(first).first(have);
  auto joined = std::make_unique<Rejoined>(std::string(as_text(head)), std::move(source));
  return Detected{std::move(joined), detect_compression(head)};
}

/// Reads all entries and whatever stands behind them: every byte passes.
Result<void> check_tar(ByteSource& plain, const std::stop_token& stop) {
  TarReader reader(plain);
  for (std::uint64_t entries = 0;; ++entries) {
    DRAY_TRY(check_running(stop));
    if (entries > limits::max_archive_entries) {
      return Error(ErrorCode::limit_exceeded,
                   "the archive has more than " + std::to_string(limits::max_archive_entries) + " entries");
    }
    DRAY_TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) break;
  }
  std::vector<std::byte> rest(64UL * 1024);
  while (true) {
    DRAY_TRY_ASSIGN(const auto count, plain.read(rest));
    if (count == 0) return {};
  }
}

struct Read {
  DiffId diff_id;
  Compression stored;
};

Result<Read> keep_compressed(Detected input, Spool& spool, const std::stop_token& stop) {
  Digester plain_digest(DigestAlgorithm::sha256);
  auto stored = tap(std::move(input.source), [&spool](ByteView bytes) { return spool.write(bytes); });
  DRAY_TRY_ASSIGN(auto plain, decompress(std::move(stored), input.compression));
  const auto hashed = tap(std::move(plain), [&plain_digest](ByteView bytes) -> Result<void> {
    plain_digest.update(bytes);
    return {};
  });
  DRAY_TRY(check_tar(*hashed, stop));
  return Read{DiffId(plain_digest.finish()), input.compression};
}

Result<Read> store_plain(Detected input, Compression compression, Spool& spool, const std::stop_token& stop) {
  Digester plain_digest(DigestAlgorithm::sha256);
  std::unique_ptr<ByteSink> compressor;
  if (compression != Compression::none) {
    DRAY_TRY_ASSIGN(compressor, compress(spool, compression));
  }
  ByteSink& into = compressor ? *compressor : static_cast<ByteSink&>(spool);
  const auto passed = tap(std::move(input.source), [&](ByteView bytes) {
    plain_digest.update(bytes);
    return into.write(bytes);
  });
  DRAY_TRY(check_tar(*passed, stop));
  if (compressor) DRAY_TRY(compressor->finish());
  return Read{DiffId(plain_digest.finish()), compression};
}

/// Hashes what passes.
class HashedSink final : public ByteSink {
 public:
  HashedSink(ByteSink& into, Digester& digester) : into_(into), digester_(digester) {}
  Result<void> write(ByteView bytes) override {
    digester_.update(bytes);
    return into_.write(bytes);
  }

 private:
  ByteSink& into_;
  Digester& digester_;
};

/// What is written here needs no reading to be known for sound.
Result<Read> store_written(const NewLayer& layer, Compression compression, Spool& spool, const std::stop_token& stop) {
  Digester plain_digest(DigestAlgorithm::sha256);
  std::unique_ptr<ByteSink> compressor;
  if (compression != Compression::none) {
    DRAY_TRY_ASSIGN(compressor, compress(spool, compression));
  }
  HashedSink sink(compressor ? *compressor : static_cast<ByteSink&>(spool), plain_digest);
  DRAY_TRY(layer.write(sink, stop));
  if (compressor) DRAY_TRY(compressor->finish());
  return Read{DiffId(plain_digest.finish()), compression};
}

Result<Read> store_read(const NewLayer& layer, Compression compression, Spool& spool, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto source, layer.open());
  DRAY_TRY_ASSIGN(auto input, detect(std::move(source)));
  const bool plain = input.compression == Compression::none || input.compression == Compression::unknown;
  return plain ? store_plain(std::move(input), compression, spool, stop)
               : keep_compressed(std::move(input), spool, stop);
}

Result<StoredLayer> store(const NewLayer& layer, Compression compression, bool docker_types, ContentSink& sink,
                          const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto spool, Spool::open());
  DRAY_TRY_ASSIGN(auto read, layer.write ? store_written(layer, compression, spool, stop)
                                         : store_read(layer, compression, spool, stop));
  Descriptor descriptor{layer_type(read.stored, docker_types), spool.digest(), spool.size()};
  DRAY_TRY_ASSIGN(const bool there, sink.has_blob(descriptor, stop));
  if (!there) DRAY_TRY(sink.put_blob(descriptor, spool.opener(), stop));
  return StoredLayer{std::move(descriptor), read.diff_id};
}

}  // namespace

Result<StoredLayer> store_layer(const NewLayer& layer, Compression compression, bool docker_types, ContentSink& sink,
                                const std::stop_token& stop) {
  auto stored = store(layer, compression, docker_types, sink, stop);
  if (!stored) return std::move(stored).error().context("layer " + layer.path);
  return stored;
}

MediaType layer_type(Compression compression, bool docker_types) {
  switch (compression) {
    case Compression::gzip:
      return MediaType::of(docker_types ? media_types::docker_layer_gzip : media_types::oci_layer_gzip);
    case Compression::zstd:
      return MediaType::of(docker_types ? media_types::docker_layer_zstd : media_types::oci_layer_zstd);
    case Compression::none:
    case Compression::unknown:
      break;
  }
  return MediaType::of(docker_types ? media_types::docker_layer : media_types::oci_layer);
}

}  // namespace dray::ops
