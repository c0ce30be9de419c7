#include <dray/ops/copy.hpp>

#include "copy_image.hpp"

namespace dray::ops {

Result<CopyReport> copy(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                        const std::optional<std::string>& tag, const CopyOptions& options,
                        const std::stop_token& stop) {
  std::shared_ptr<ContentSink> sink;
  const SinkOpener open_and_keep = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(sink, open_sink());
    return sink;
  };
  DRAY_TRY_ASSIGN(auto image, bring_image(source, name, open_and_keep, nullptr, options, stop));
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
