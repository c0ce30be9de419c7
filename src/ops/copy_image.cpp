#include "copy_image.hpp"

#include <utility>

#include "bring.hpp"
#include "bring_referrers.hpp"
#include "graph.hpp"
#include "narrow.hpp"
#include "refusal.hpp"

namespace dray::ops {

namespace {

Result<void> check_choice(const CopyOptions& options) {
  if (!options.sparse || !options.platforms.empty()) return {};
  return Error(ErrorCode::invalid_input,
               "a sparse copy needs the platforms that it is to keep: name them (--platform)");
}

std::vector<Digest> digests_of(const Graph& graph) {
  std::vector<Digest> digests;
  for (const auto& node : graph.manifests) digests.push_back(node.raw.descriptor.digest);
  return digests;
}

}  // namespace

Result<void> check_expected(const Descriptor& root, const std::optional<Digest>& expected) {
  if (!expected || root.digest == *expected) return {};
  return Error(ErrorCode::digest_mismatch, "the destination is to be " + expected->text() + ", but what is copied is " +
                                               root.digest.text() + "; name the destination by a tag");
}

Result<BroughtImage> bring_image(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                                 BlobClaims* claims, const CopyOptions& options, const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  DRAY_TRY(check_choice(options));
  DRAY_TRY_ASSIGN(auto narrowed, narrow(source, name, {options.platforms, options.sparse}, observer, stop));
  DRAY_TRY(check_expected(narrowed.root.descriptor, options.expected));
  DRAY_TRY_ASSIGN(auto graph, walk(source, std::move(narrowed.root), narrowed.kept, stop));
  DRAY_TRY_ASSIGN(const auto sink, open_sink());
  const auto subjects = digests_of(graph);
  DRAY_TRY_ASSIGN(auto image, bring_graph(source, std::move(graph), *sink, claims, options, stop));
  if (options.referrers) DRAY_TRY(bring_referrers(source, subjects, *sink, *claims, options, image.report, stop));
  image.report.resolved = std::move(narrowed.resolved);
  image.report.reasons = std::move(narrowed.reasons);
  image.has_gaps = narrowed.kept.has_value();
  return image;
}

Result<CopyReport> bring_what_refers(ContentSource& source, const ManifestName& name, ContentSink& sink,
                                     BlobClaims& claims, const CopyOptions& options, const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  DRAY_TRY_ASSIGN(auto narrowed, narrow(source, name, {options.platforms, options.sparse}, observer, stop));
  CopyReport report{.copied = narrowed.root.descriptor, .resolved = narrowed.resolved, .blobs = {}};
  DRAY_TRY_ASSIGN(const auto graph, walk(source, std::move(narrowed.root), narrowed.kept, stop));
  DRAY_TRY(bring_referrers(source, digests_of(graph), sink, claims, options, report, stop));
  return report;
}

Result<BroughtImage> bring_graph(ContentSource& source, Graph graph, ContentSink& sink, BlobClaims* claims,
                                 const CopyOptions& options, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto brought, claims != nullptr ? bring_claimed(source, graph, sink, *claims, options, stop)
                                                  : bring(source, graph, sink, options, stop));
  auto& root = graph.manifests.back().raw;
  CopyReport report{.copied = root.descriptor,
                    .resolved = root.descriptor,
                    .blobs = std::move(brought.blobs),
                    .bytes_planned = brought.bytes_planned,
                    .bytes_transferred = brought.bytes_transferred,
                    .manifests = graph.manifests.size()};
  return BroughtImage{std::move(report), std::move(root)};
}

Result<void> put_root(const BroughtImage& image, ContentSink& sink, const std::optional<std::string>& tag,
                      const std::stop_token& stop) {
  auto put = tag ? sink.set_tag(*tag, image.root, stop) : sink.put_manifest(image.root, stop);
  if (put) return put;
  if (image.has_gaps) return explain_refused_gaps(std::move(put).error());
  return explain_refusal(std::move(put).error(), image.root);
}

}  // namespace dray::ops
