#include <dray/ops/convert.hpp>
#include <utility>

#include "../copy_image.hpp"
#include "../naming.hpp"
#include "../narrow.hpp"
#include "converted_graph.hpp"
#include "findings.hpp"
#include "rewrite.hpp"

namespace dray::ops {

namespace {

Result<void> check_convertible(const RewrittenManifest& root, const std::string& where) {
  if (root.refused.empty()) return {};
  return Error(ErrorCode::unsupported,
               where + " cannot be converted, as Docker's types hold images alone: " + root.refused);
}

void tell_of_referrers(const Descriptor& before, const Descriptor& after, Findings& findings) {
  if (before.digest == after.digest) return;
  findings.warn(
      "the digest changed: signatures, attestations and other referrers of the old one do not count for the "
      "new one; sign it anew",
      before.digest);
}

}  // namespace

Result<ConvertReport> convert(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                              const std::optional<std::string>& tag, const ConvertOptions& options,
                              const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.copy.observer ? *options.copy.observer : silent;
  DRAY_TRY_ASSIGN(auto narrowed, narrow(source, name, {options.copy.platforms, false}, observer, stop));
  const auto root = narrowed.root.descriptor.digest;
  DRAY_TRY_ASSIGN(auto graph, walk(source, std::move(narrowed.root), stop));
  Findings findings;
  DRAY_TRY_ASSIGN(auto rewritten, rewrite(graph, source, options.to, findings, stop));
  DRAY_TRY(check_convertible(rewritten.at(root), full_name(source, name)));
  auto nodes = converted_nodes(rewritten, root);
  graph = converted_graph(std::move(graph), rewritten);
  const auto made = graph.manifests.back().raw.descriptor;
  DRAY_TRY(check_expected(made, options.copy.expected));
  tell_of_referrers(narrowed.resolved, made, findings);
  DRAY_TRY_ASSIGN(const auto sink, open_sink());
  DRAY_TRY_ASSIGN(auto image, bring_graph(source, std::move(graph), *sink, nullptr, options.copy, stop));
  if (!options.copy.dry_run) {
    DRAY_TRY(put_root(image, *sink, tag, stop));
    DRAY_TRY(sink->finish(stop));
  }
  auto& copied = image.report;
  copied.resolved = std::move(narrowed.resolved);
  copied.reasons = std::move(narrowed.reasons);
  copied.reasons.insert(copied.reasons.end(), nodes.front().reasons.begin(), nodes.front().reasons.end());
  return ConvertReport{std::move(copied), std::move(nodes), std::move(findings).take()};
}

}  // namespace dray::ops
