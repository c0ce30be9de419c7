#include <dray/ops/copy.hpp>

#include "bring.hpp"
#include "graph.hpp"
#include "narrow.hpp"
#include "refusal.hpp"

namespace dray::ops {

namespace {

Result<void> put_root(const RawManifest& root, bool has_gaps, ContentSink& sink, const std::optional<std::string>& tag,
                      const std::stop_token& stop) {
  auto put = tag ? sink.set_tag(*tag, root, stop) : sink.put_manifest(root, stop);
  if (put) return sink.finish(stop);
  return has_gaps ? explain_refused_gaps(std::move(put).error()) : explain_refusal(std::move(put).error(), root);
}

Result<void> check_choice(const CopyOptions& options) {
  if (!options.sparse || !options.platforms.empty()) return {};
  return Error(ErrorCode::invalid_input,
               "a sparse copy needs the platforms that it is to keep: name them (--platform)");
}

Result<void> check_expected(const Descriptor& root, const std::optional<Digest>& expected) {
  if (!expected || root.digest == *expected) return {};
  return Error(ErrorCode::digest_mismatch, "the destination is to be " + expected->text() + ", but the source is " +
                                               root.digest.text() + "; name the destination by a tag");
}

}  // namespace

Result<CopyReport> copy(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                        const std::optional<std::string>& tag, const CopyOptions& options,
                        const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  DRAY_TRY(check_choice(options));
  DRAY_TRY_ASSIGN(auto narrowed, narrow(source, name, {options.platforms, options.sparse}, observer, stop));
  DRAY_TRY(check_expected(narrowed.root.descriptor, options.expected));
  DRAY_TRY_ASSIGN(const auto graph, walk(source, std::move(narrowed.root), narrowed.kept, stop));
  DRAY_TRY_ASSIGN(const auto sink, open_sink());
  DRAY_TRY_ASSIGN(auto brought, bring(source, graph, *sink, options, stop));
  const auto& root = graph.manifests.back().raw;
  if (!options.dry_run) {
    DRAY_TRY(put_root(root, narrowed.kept.has_value(), *sink, tag, stop));
  }
  return CopyReport{
      root.descriptor,           std::move(narrowed.resolved), std::move(brought.blobs),   brought.bytes_planned,
      brought.bytes_transferred, graph.manifests.size(),       std::move(narrowed.reasons)};
}

Result<CopyReport> copy(ContentSource& source, const ManifestName& name, ContentSink& sink,
                        const std::optional<std::string>& tag, const CopyOptions& options,
                        const std::stop_token& stop) {
  // The caller owns the sink.
  const SinkOpener already_open = [&sink] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink); };
  return copy(source, name, already_open, tag, options, stop);
}

}  // namespace dray::ops
