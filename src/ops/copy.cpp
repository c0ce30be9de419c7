#include <dray/ops/copy.hpp>
#include <dray/ops/summed_observer.hpp>
#include <memory>
#include <utility>

#include "copy_image.hpp"

namespace dray::ops {

namespace {

/// With what goes along there are several plans, which a person sees as one.
CopyOptions with_sums(CopyOptions options) {
  if (options.referrers && options.observer) {
    options.observer = std::make_shared<SummedObserver>(std::move(options.observer));
  }
  return options;
}

}  // namespace

Result<CopyReport> copy(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                        const std::optional<std::string>& tag, const CopyOptions& options,
                        const std::stop_token& stop) {
  std::shared_ptr<ContentSink> sink;
  const SinkOpener open_and_keep = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(sink, open_sink());
    return sink;
  };
  BlobClaims claims;
  const auto summed = with_sums(options);
  DRAY_TRY_ASSIGN(auto image,
                  bring_image(source, name, open_and_keep, options.referrers ? &claims : nullptr, summed, stop));
  if (!options.dry_run) {
    DRAY_TRY(put_root(image, *sink, tag, stop));
    DRAY_TRY(sink->finish(stop));
  }
  return std::move(image.report);
}

Result<CopyReport> copy(ContentSource& source, const ManifestName& name, ContentSink& sink,
                        const std::optional<std::string>& tag, const CopyOptions& options,
                        const std::stop_token& stop) {
  // The caller owns the sink.
  const SinkOpener already_open = [&sink] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink); };
  return copy(source, name, already_open, tag, options, stop);
}

}  // namespace dray::ops
