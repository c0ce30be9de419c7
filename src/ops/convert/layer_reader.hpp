#pragma once

#include <array>
#include <cstddef>
#include <dray/base/stream.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/media_type.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <stop_token>

#include "../transfer/blob_fetcher.hpp"
#include "../transfer/blob_progress.hpp"
#include "../transfer/services.hpp"

namespace dray::ops {

/// A layer's bytes as they are stored, once: resumed where they break off, verified, and looked at to see how they are
/// compressed. Used by one thread; what it is made of outlives it.
class LayerReader {
 public:
  LayerReader(ContentSource& source, const Descriptor& layer, TransferServices& services, const std::stop_token& stop);

  /// What the first bytes say. Called once, first.
  [[nodiscard]] Result<Compression> look();
  /// All bytes, the first again. Called once; it borrows from this.
  [[nodiscard]] std::unique_ptr<ByteSource> bytes();

 private:
  class Rejoined;

  BlobProgress progress_;
  BlobFetcher fetcher_;
  std::unique_ptr<ByteSource> rest_;
  std::array<std::byte, 6> first_{};
  std::size_t have_ = 0;
};

/// As many bytes as there are, up to the buffer's end.
[[nodiscard]] Result<std::size_t> fill(ByteSource& source, ByteSpan into);

}  // namespace dray::ops
