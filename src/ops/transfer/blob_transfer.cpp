#include "blob_transfer.hpp"

#include <fmt/format.h>

#include <dray/core/limits.hpp>
#include <dray/store/verify.hpp>

#include "blob_fetcher.hpp"
#include "blob_progress.hpp"
#include "blob_stream.hpp"
#include "ranged_transfer.hpp"

namespace dray::ops {

namespace {

using How = Observer::How;
using From = PlannedBlob::From;

/// True where the sink has it now. A refusal is no failure: the bytes are sent instead.
Result<bool> try_mount(ContentSink& sink, const BlobJob& job, TransferServices& services, const std::stop_token& stop) {
  auto* mounter = dynamic_cast<MountsBlobs*>(&sink);
  if (!job.mount_from || mounter == nullptr) return false;
  auto mounted = mounter->mount_blob(job.blob, *job.mount_from, stop);
  if (mounted && *mounted) return true;
  if (!mounted && mounted.error().code() == ErrorCode::cancelled) return std::move(mounted).error();
  services.observer.on(Observer::Decided{fmt::format("{} could not be mounted from {}{}; sending its bytes",
                                                     job.blob.digest.text(), job.mount_from->repository,
                                                     mounted ? "" : " (" + mounted.error().message() + ")")});
  return false;
}

/// The descriptor holds the bytes: nobody need be asked.
Result<BlobOutcome> put_embedded(ContentSink& sink, const Descriptor& blob, BlobProgress& progress,
                                 const std::stop_token& stop) {
  DRAY_TRY(verify(as_bytes(*blob.data), blob).transform_error([&](Error e) {
    return std::move(e).context("the data embedded in the descriptor of " + blob.digest.text());
  }));
  const auto open = [&blob]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(*blob.data));
  };
  DRAY_TRY(sink.put_blob(blob, open, stop));
  progress.set(blob.size);
  return BlobOutcome{How::transferred, From::source};
}

Result<BlobOutcome> put_streamed(ContentSink& sink, BlobFetcher& fetcher, BlobProgress& progress,
                                 TransferServices& services, const std::stop_token& stop) {
  const auto open = [&]() -> Result<std::unique_ptr<ByteSource>> {
    auto tell = [&progress](std::uint64_t position) { progress.set(position); };
    return std::unique_ptr<ByteSource>(std::make_unique<ResumingSource>(fetcher, services, std::move(tell), stop));
  };
  DRAY_TRY(sink.put_blob(fetcher.blob(), open, stop));
  progress.set(fetcher.blob().size);
  return BlobOutcome{How::transferred, fetcher.from()};
}

struct Try {
  Result<void> result;
  bool resumed = false;
  bool present = false;
};

Try try_positioned(WritesPositioned& sink, BlobFetcher& fetcher, BlobProgress& progress, TransferServices& services,
                   const std::stop_token& stop) {
  const auto& blob = fetcher.blob();
  auto begun = sink.begin_blob(blob, stop);
  if (!begun) return {std::move(begun).error()};
  if (*begun == nullptr) return {.result = {}, .present = true};
  auto& writer = **begun;
  std::uint64_t missing = 0;
  for (const auto& range : writer.missing()) missing += range.size();
  progress.set(blob.size - missing);
  services.observer.on(Observer::Started{blob, blob.size - missing});
  const bool resumed = writer.resumed();
  bool cloned = false;
  if (const auto file = missing == blob.size ? fetcher.file(stop) : std::nullopt) {
    auto shared = writer.clone(*file);
    if (!shared) return {std::move(shared).error(), resumed};
    cloned = *shared;
  }
  if (missing > 0 && !cloned) {
    RangedTransfer transfer(fetcher, writer, progress, services, stop);
    if (auto moved = transfer.run(); !moved) return {std::move(moved), resumed};
  }
  return {writer.commit(stop), resumed};
}

Result<BlobOutcome> put_positioned(WritesPositioned& sink, BlobFetcher& fetcher, BlobProgress& progress,
                                   TransferServices& services, const std::stop_token& stop) {
  auto tried = try_positioned(sink, fetcher, progress, services, stop);
  if (!tried.result && tried.result.error().code() == ErrorCode::digest_mismatch && tried.resumed) {
    services.observer.on(Observer::Decided{
        fmt::format("{}: what an earlier run left is damaged; fetching it anew", fetcher.blob().digest.text())});
    tried = try_positioned(sink, fetcher, progress, services, stop);
  }
  DRAY_TRY(std::move(tried.result));
  progress.set(fetcher.blob().size);
  return tried.present ? BlobOutcome{How::present, From::present} : BlobOutcome{How::transferred, fetcher.from()};
}

}  // namespace

Result<BlobOutcome> transfer_blob(ContentSource& source, ContentSink& sink, const BlobJob& job,
                                  TransferServices& services, const std::stop_token& stop) {
  const auto& blob = job.blob;
  BlobProgress progress(blob, services);
  BlobFetcher fetcher(source, blob, services);
  DRAY_TRY_ASSIGN(const bool mounted, try_mount(sink, job, services, stop));
  BlobOutcome outcome{How::mounted, From::mount};
  // What is lost at once when it breaks needs no journal.
  auto* positioned = blob.size >= limits::resume_progress_bytes ? dynamic_cast<WritesPositioned*>(&sink) : nullptr;
  if (mounted) {
    progress.set(blob.size);
  } else if (positioned != nullptr && !blob.data) {
    DRAY_TRY_ASSIGN(outcome, put_positioned(*positioned, fetcher, progress, services, stop));
  } else {
    services.observer.on(Observer::Started{blob, 0});
    DRAY_TRY_ASSIGN(outcome, blob.data ? put_embedded(sink, blob, progress, stop)
                                       : put_streamed(sink, fetcher, progress, services, stop));
  }
  services.observer.on(Observer::Finished{blob, outcome.how});
  return outcome;
}

}  // namespace dray::ops
