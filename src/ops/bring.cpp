#include "bring.hpp"

#include <algorithm>
#include <dray/base/task_group.hpp>
#include <dray/store/abilities.hpp>
#include <utility>

#include "plan.hpp"
#include "refusal.hpp"
#include "transfer/blob_queue.hpp"

namespace dray::ops {

namespace {

bool moves(const PlannedBlob& planned) {
  return planned.from != PlannedBlob::From::present && planned.from != PlannedBlob::From::left;
}

std::vector<BlobJob> jobs_of(const Plan& plan, const std::optional<RepositoryOrigin>& mount_from) {
  std::vector<BlobJob> jobs;
  for (const auto& planned : plan.blobs) {
    if (moves(planned)) jobs.push_back({planned.blob, mount_from});
  }
  return jobs;
}

/// Tells a sink whose bytes have an order which blobs come.
Result<void> lay_out(ContentSink& sink, const std::vector<BlobJob>& jobs, const std::stop_token& stop) {
  auto* const ordered = dynamic_cast<LaysOutBlobs*>(&sink);
  if (ordered == nullptr) return {};
  std::vector<Descriptor> blobs;
  for (const auto& job : jobs) blobs.push_back(job.blob);
  return ordered->lay_out(blobs, stop);
}

/// Writes what really happened over what was planned.
void note_outcomes(std::vector<PlannedBlob>& blobs, const std::vector<BlobOutcome>& outcomes) {
  auto outcome = outcomes.begin();
  for (auto& planned : blobs) {
    if (moves(planned)) planned.from = (outcome++)->from;
  }
}

void tell_unmoved(const Plan& plan, Observer& observer) {
  for (const auto& planned : plan.blobs) {
    if (moves(planned)) continue;
    const bool left = planned.from == PlannedBlob::From::left;
    observer.on(Observer::Finished{planned.blob, left ? Observer::How::skipped : Observer::How::present});
  }
}

}  // namespace

Result<Brought> bring(ContentSource& source, const std::vector<Descriptor>& blobs, ContentSink& sink,
                      const CopyOptions& options, const std::stop_token& stop) {
  Observer silent;
  Observer& observer = options.observer ? *options.observer : silent;
  DRAY_TRY_ASSIGN(auto plan, make_plan(source, sink, blobs, options, stop));
  observer.on(plan.sums);
  Brought brought{plan.blobs, plan.sums.bytes, 0};
  if (options.dry_run) return brought;
  DRAY_TRY(check_space(sink, plan));
  tell_unmoved(plan, observer);

  ConnectionBudget budget(connections_of(options));
  TransferTotals totals;
  totals.left = static_cast<std::int64_t>(std::min<std::uint64_t>(plan.sums.bytes, INT64_MAX));
  TransferServices services{options.clock != nullptr ? *options.clock : system_clock(),
                            options.random != nullptr ? *options.random : system_random(), observer, budget, totals};
  services.url_opener = dynamic_cast<OpensUrls*>(&source);
  if (services.url_opener == nullptr) services.url_opener = dynamic_cast<OpensUrls*>(&sink);
  auto jobs = jobs_of(plan, mount_origin(source, sink));
  DRAY_TRY(lay_out(sink, jobs, stop));
  BlobQueue queue(source, sink, services, std::move(jobs), options.jobs);
  DRAY_TRY_ASSIGN(const auto outcomes, queue.run(stop));
  note_outcomes(brought.blobs, outcomes);
  brought.bytes_transferred = totals.received;
  return brought;
}

Result<Brought> bring(ContentSource& source, const Graph& graph, ContentSink& sink, const CopyOptions& options,
                      const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto brought, bring(source, graph.blobs, sink, options, stop));
  if (!options.dry_run) {
    DRAY_TRY(put_children(graph, sink, options, stop));
  }
  return brought;
}

/// All but the root; each level waits for the one below it, because a registry refuses an index before its members.
Result<void> put_children(const Graph& graph, ContentSink& sink, const CopyOptions& options,
                          const std::stop_token& stop) {
  const auto& root = graph.manifests.back();
  for (std::size_t height = 0; height < root.height; ++height) {
    TaskGroup group(connections_of(options), stop);
    for (const auto& node : graph.manifests) {
      if (node.height != height || &node == &root) continue;
      group.run([&sink, &raw = node.raw](const std::stop_token& group_stop) {
        return sink.put_manifest(raw, group_stop).transform_error([&raw](Error error) {
          return explain_refusal(std::move(error), raw);
        });
      });
    }
    DRAY_TRY(group.wait());
  }
  return {};
}

}  // namespace dray::ops
