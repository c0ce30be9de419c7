#include <algorithm>
#include <dray/ops/artifact.hpp>
#include <utility>

#include "artifact_source.hpp"

namespace dray::ops {

Result<ArtifactReport> push_artifact(const std::vector<ArtifactFile>& files, const SinkOpener& open_sink,
                                     const std::optional<std::string>& tag, const ArtifactOptions& options,
                                     const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto artifact, ArtifactSource::make(files, options, stop));
  DRAY_TRY_ASSIGN(auto copied, copy(*artifact, artifact->digest(), open_sink, tag, options.copy, stop));
  return ArtifactReport{std::move(copied), artifact->manifest()};
}

Result<void> check_titles(std::vector<FileTitle> titles) {
  std::ranges::sort(titles);
  if (const auto twin = std::ranges::adjacent_find(titles); twin != titles.end()) {
    return Error(ErrorCode::invalid_input, "two files have the title '" + twin->text() + "'");
  }
  for (const auto& title : titles) {
    const std::string_view path = title.text();
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      const auto folder = path.substr(0, slash);
      if (!std::ranges::binary_search(titles, folder, {}, &FileTitle::text)) continue;
      return Error(ErrorCode::invalid_input,
                   "the file '" + std::string(folder) + "' cannot be a folder too, as '" + title.text() + "' wants it");
    }
  }
  return {};
}

}  // namespace dray::ops
