#pragma once

#include <atomic>
#include <dray/ops/copy.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>

#include "services.hpp"

namespace dray::ops {

/// Opens one blob wherever its bytes are: at the source, and where that does not hold it (a foreign layer), at the
/// `urls` of its descriptor, in their order. The place that had it is asked alone afterwards. Safe from many threads.
class BlobFetcher {
 public:
  BlobFetcher(ContentSource& source, const Descriptor& blob, TransferServices& services)
      : source_(source), blob_(blob), services_(services) {}

  /// As `ContentSource::open_blob`. `not_found` names the URLs that were tried.
  [[nodiscard]] Result<OpenedBlob> open(const std::optional<ByteRange>& range, const std::stop_token& stop);

  /// The source's file of the blob, where it has one.
  [[nodiscard]] std::optional<FileDescriptor> file(const std::stop_token& stop);

  [[nodiscard]] const Descriptor& blob() const noexcept { return blob_; }
  /// Where the bytes came from.
  [[nodiscard]] PlannedBlob::From from() const noexcept;

 private:
  Result<OpenedBlob> open_urls(const Error& source_error, const std::optional<ByteRange>& range,
                               const std::stop_token& stop);

  static constexpr int at_source = -1;

  ContentSource& source_;
  const Descriptor& blob_;
  TransferServices& services_;
  std::atomic<int> place_{at_source};  // or the position of the URL that had it
};

}  // namespace dray::ops
