#include <dray/format/compression.hpp>
#include <dray/ops/convert.hpp>
#include <dray/ops/summed_observer.hpp>
#include <memory>
#include <utility>

#include "../copy_image.hpp"
#include "../naming.hpp"
#include "../narrow.hpp"
#include "../sums.hpp"
#include "converted_graph.hpp"
#include "findings.hpp"
#include "recompress.hpp"
#include "rewrite.hpp"
#include "upgrade.hpp"

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

Result<void> check_level(const ConvertOptions& options) {
  if (!options.compress) {
    if (!options.level) return {};
    return Error(ErrorCode::invalid_input, "a compression level needs a compression");
  }
  StringSink nowhere;
  return compress(nowhere, *options.compress, options.level).transform([](const auto&) {});
}

NewForms all_pending(const std::vector<LayerWork>& layers) {
  NewForms forms;
  for (const auto& work : layers) forms.insert_or_assign(work.layer.digest, NewForm{});
  return forms;
}

/// Two steps, each with its plan, are one to whoever watches.
CopyOptions with_summed_plans(CopyOptions options) {
  if (options.observer) options.observer = std::make_shared<SummedObserver>(std::move(options.observer));
  return options;
}

/// One conversion, step by step.
class Conversion {
 public:
  Conversion(ContentSource& source, const ManifestName& name, ConvertOptions options, const std::stop_token& stop)
      : source_(source),
        where_(full_name(source, name)),
        options_(std::move(options)),
        stop_(stop),
        wishes_{options_.to, options_.compress} {}

  Result<ConvertReport> run(Narrowed narrowed, const SinkOpener& open_sink, const std::optional<std::string>& tag) {
    const auto root = narrowed.root.descriptor.digest;
    DRAY_TRY_ASSIGN(auto graph, walk(source_, std::move(narrowed.root), stop_));
    DRAY_TRY(find_work(graph, root));
    if (!layers_.empty() && !options_.copy.dry_run) {
      DRAY_TRY_ASSIGN(sink_, open_sink());
      DRAY_TRY(compress_all());
    }
    DRAY_TRY_ASSIGN(auto rewritten, rewrite(graph, source_, wishes_, findings_, stop_));
    auto nodes = converted_nodes(rewritten, root);
    graph = converted_graph(std::move(graph), rewritten);
    const auto made = graph.manifests.back().raw.descriptor;
    DRAY_TRY(check_expected(made, options_.copy.expected));
    tell_of_referrers(narrowed.resolved, made, findings_);
    if (!sink_) {
      DRAY_TRY_ASSIGN(sink_, open_sink());
    }
    DRAY_TRY_ASSIGN(auto copied, store(std::move(graph), tag));
    copied.resolved = std::move(narrowed.resolved);
    copied.reasons = std::move(narrowed.reasons);
    copied.reasons.insert(copied.reasons.end(), nodes.front().reasons.begin(), nodes.front().reasons.end());
    return ConvertReport{std::move(copied), std::move(nodes), std::move(findings_).take()};
  }

 private:
  /// Says no before anything is read or written at length.
  Result<void> find_work(const Graph& graph, const Digest& root) {
    if (options_.compress) {
      DRAY_TRY_ASSIGN(layers_, layers_to_compress(graph, source_, *options_.compress, findings_, stop_));
      wishes_.forms = all_pending(layers_);
    }
    Findings unheard;
    DRAY_TRY_ASSIGN(const auto rewritten, rewrite(graph, source_, wishes_, unheard, stop_));
    return check_convertible(rewritten.at(root), where_);
  }

  Result<void> compress_all() {
    DRAY_TRY_ASSIGN(auto compressed, compress_layers(source_, layers_, *sink_, {*options_.compress, options_.level},
                                                     options_.copy, stop_));
    wishes_.forms = std::move(compressed.forms);
    bytes_received_ = compressed.bytes_received;
    return {};
  }

  Result<CopyReport> store(Graph graph, const std::optional<std::string>& tag) {
    DRAY_TRY_ASSIGN(auto image, bring_graph(source_, std::move(graph), *sink_, nullptr, options_.copy, stop_));
    if (!options_.copy.dry_run) {
      DRAY_TRY(put_root(image, *sink_, tag, stop_));
      DRAY_TRY(sink_->finish(stop_));
    }
    image.report.bytes_transferred += bytes_received_;
    for (const auto& work : layers_) add_capped(image.report.bytes_planned, work.layer.size);
    return std::move(image.report);
  }

  ContentSource& source_;
  const std::string where_;
  const ConvertOptions options_;
  const std::stop_token& stop_;
  Wishes wishes_;
  Findings findings_;
  std::vector<LayerWork> layers_;
  std::shared_ptr<ContentSink> sink_;
  std::uint64_t bytes_received_ = 0;
};

/// Says of the new image that it was made of the old one.
void tell_of_upgrade(ConvertReport& report, const Descriptor& schema1) {
  const std::string reason = "schema 1 upgraded: config and diff IDs made";
  report.copy.reasons.insert(report.copy.reasons.begin(), reason);
  auto& root = report.nodes.front();
  root.before = schema1;
  root.reasons.insert(root.reasons.begin(), reason);
  if (root.fate == ConvertedNode::Fate::kept) root.fate = ConvertedNode::Fate::changed;
  for (auto& node : report.nodes) {
    if (node.kind != ConvertedNode::Kind::config) continue;
    node.fate = ConvertedNode::Fate::changed;
    node.reasons = {"made of the history"};
  }
}

/// First up to the family that is wanted, then as any other image.
Result<ConvertReport> convert_schema1(ContentSource& source, const ManifestName& name, Narrowed narrowed,
                                      const SinkOpener& open_sink, const std::optional<std::string>& tag,
                                      ConvertOptions options, const std::stop_token& stop) {
  const auto schema1 = narrowed.root.descriptor;
  std::shared_ptr<ContentSink> sink;
  if (!options.copy.dry_run) {
    DRAY_TRY_ASSIGN(sink, open_sink());
  }
  // What is compressed anew is read once more: nobody needs the old form.
  auto* stored = options.compress ? nullptr : sink.get();
  auto made = upgrade(source, narrowed.root, options.to.value_or(ImageTypes::docker), stored, options.copy, stop);
  if (!made) return std::move(made).error().context("manifest " + full_name(source, name));
  narrowed.root = made->raw;
  const auto upgraded = with_config(source, *made);
  const SinkOpener opener = [&]() -> Result<std::shared_ptr<ContentSink>> {
    if (sink) return sink;
    return open_sink();
  };
  DRAY_TRY_ASSIGN(auto report,
                  Conversion(*upgraded, name, std::move(options), stop).run(std::move(narrowed), opener, tag));
  report.copy.bytes_transferred += made->bytes_received;
  tell_of_upgrade(report, schema1);
  return report;
}

}  // namespace

Result<ConvertReport> convert(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                              const std::optional<std::string>& tag, const ConvertOptions& wanted,
                              const std::stop_token& stop) {
  DRAY_TRY(check_level(wanted));
  auto options = wanted;
  options.copy = with_summed_plans(std::move(options.copy));
  Observer silent;
  Observer& observer = options.copy.observer ? *options.copy.observer : silent;
  DRAY_TRY_ASSIGN(auto narrowed, narrow(source, name, {options.copy.platforms, false}, observer, stop));
  if (narrowed.root.descriptor.media_type.is_schema1()) {
    return convert_schema1(source, name, std::move(narrowed), open_sink, tag, std::move(options), stop);
  }
  return Conversion(source, name, std::move(options), stop).run(std::move(narrowed), open_sink, tag);
}

}  // namespace dray::ops
