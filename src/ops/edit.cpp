#include <dray/ops/edit.hpp>
#include <utility>

#include "copy_image.hpp"
#include "layer_edit.hpp"

namespace dray::ops {

Result<CopyReport> edit(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                        const std::optional<std::string>& tag, const EditOptions& options,
                        const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto changes, layer_changes(options));
  DRAY_TRY_ASSIGN(auto root, source.get_manifest(name, stop));
  const auto resolved = root.descriptor;
  DRAY_TRY_ASSIGN(auto graph, walk(source, std::move(root), stop));
  DRAY_TRY_ASSIGN(auto reasons, change_layers(graph, changes));
  DRAY_TRY(check_expected(graph.manifests.back().raw.descriptor, options.copy.expected));
  DRAY_TRY_ASSIGN(const auto sink, open_sink());
  DRAY_TRY_ASSIGN(auto image, bring_graph(source, std::move(graph), *sink, nullptr, options.copy, stop));
  image.report.resolved = resolved;
  image.report.reasons = std::move(reasons);
  if (!options.copy.dry_run) {
    DRAY_TRY(put_root(image, *sink, tag, stop));
    DRAY_TRY(sink->finish(stop));
  }
  return std::move(image.report);
}

}  // namespace dray::ops
