#include <algorithm>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/copy.hpp>

#include "graph.hpp"
#include "naming.hpp"
#include "narrow.hpp"
#include "plan.hpp"
#include "transfer/blob_queue.hpp"

namespace dray::ops {

namespace {

std::vector<BlobJob> jobs_of(const Plan& plan, const std::optional<RepositoryOrigin>& mount_from) {
  std::vector<BlobJob> jobs;
  for (const auto& planned : plan.blobs) {
    if (planned.from == PlannedBlob::From::present) continue;
    jobs.push_back({planned.blob, mount_from});
  }
  return jobs;
}

/// Writes what really happened over what was planned.
void note_outcomes(std::vector<PlannedBlob>& blobs, const std::vector<BlobOutcome>& outcomes) {
  auto outcome = outcomes.begin();
  for (auto& planned : blobs) {
    if (planned.from != PlannedBlob::From::present) planned.from = (outcome++)->from;
  }
}

void tell_present(const Plan& plan, Observer& observer) {
  for (const auto& planned : plan.blobs) {
    if (planned.from != PlannedBlob::From::present) continue;
    observer.on(Observer::Finished{planned.blob, Observer::How::present});
  }
}

/// All but the root; each level waits for the one below it, because a registry refuses an index before its members.
Result<void> put_children(const Graph& graph, ContentSink& sink, std::size_t connections, const std::stop_token& stop) {
  const auto& root = graph.manifests.back();
  for (std::size_t height = 0; height < root.height; ++height) {
    TaskGroup group(connections, stop);
    for (const auto& node : graph.manifests) {
      if (node.height != height || &node == &root) continue;
      group.run(
          [&sink, &raw = node.raw](const std::stop_token& group_stop) { return sink.put_manifest(raw, group_stop); });
    }
    DRAY_TRY(group.wait());
  }
  return {};
}

Result<void> put_root(const RawManifest& root, ContentSink& sink, const std::optional<std::string>& tag,
                      const std::stop_token& stop) {
  if (tag) {
    DRAY_TRY(sink.set_tag(*tag, root, stop));
  } else {
    DRAY_TRY(sink.put_manifest(root, stop));
  }
  return sink.finish(stop);
}

}  // namespace

Result<CopyReport> copy(ContentSource& source, const ManifestName& name, ContentSink& sink,
                        const std::optional<std::string>& tag, const CopyOptions& options,
                        const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  const auto connections = options.connections == 0 ? limits::max_connections : options.connections;

  DRAY_TRY_ASSIGN(auto narrowed, narrow(source, name, options.platforms, observer, stop));
  DRAY_TRY_ASSIGN(const auto graph, walk(source, std::move(narrowed.root), stop));
  DRAY_TRY_ASSIGN(auto plan, make_plan(source, sink, graph.blobs, connections, stop));
  observer.on(plan.sums);

  CopyReport report{graph.manifests.back().raw.descriptor,
                    std::move(narrowed.resolved),
                    plan.blobs,
                    plan.sums.bytes,
                    0,
                    graph.manifests.size()};
  if (options.dry_run) return report;
  DRAY_TRY(check_space(sink, plan));
  tell_present(plan, observer);

  ConnectionBudget budget(connections);
  TransferTotals totals;
  totals.left = static_cast<std::int64_t>(std::min<std::uint64_t>(plan.sums.bytes, INT64_MAX));
  TransferServices services{options.clock != nullptr ? *options.clock : system_clock(),
                            options.random != nullptr ? *options.random : system_random(), observer, budget, totals};
  BlobQueue queue(source, sink, services, jobs_of(plan, mount_origin(source, sink)), options.jobs);
  DRAY_TRY_ASSIGN(const auto outcomes, queue.run(stop));
  note_outcomes(report.blobs, outcomes);
  report.bytes_transferred = totals.received;

  DRAY_TRY(put_children(graph, sink, connections, stop));
  DRAY_TRY(put_root(graph.manifests.back().raw, sink, tag, stop));
  return report;
}

}  // namespace dray::ops
