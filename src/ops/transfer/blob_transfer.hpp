#pragma once

#include <dray/ops/copy.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>

#include "services.hpp"

namespace dray::ops {

/// One blob's way from a source to a sink that lacks it.
struct BlobJob {
  Descriptor blob;
  std::optional<RepositoryOrigin> mount_from;  ///< Set: try to mount it first.
};

struct BlobOutcome {
  Observer::How how = Observer::How::transferred;
  PlannedBlob::From from = PlannedBlob::From::source;
};

/// Moves it by the best way that both places know: a mount, embedded data, positioned writes in parallel ranges, or a
/// stream that the sink pulls. Tells the observer of begin and end.
[[nodiscard]] Result<BlobOutcome> transfer_blob(ContentSource& source, ContentSink& sink, const BlobJob& job,
                                                TransferServices& services, const std::stop_token& stop);

}  // namespace dray::ops
