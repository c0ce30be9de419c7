#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>

#include "naming.hpp"
#include "sums.hpp"

namespace dray::ops {

namespace {

using From = PlannedBlob::From;

bool lives_elsewhere(const Descriptor& blob) { return blob.media_type.is_foreign() && !blob.urls.empty(); }

Result<bool> holds(ContentSource& source, const Descriptor& blob, const std::stop_token& stop) {
  const auto opened = source.open_blob(blob, ByteRange{0, std::min<std::uint64_t>(blob.size, 1)}, stop);
  if (opened) return true;
  if (opened.error().code() == ErrorCode::not_found) return false;
  return opened.error();
}

/// Where blobs come from that the sink lacks.
struct Ways {
  ContentSource& source;
  ForeignLayers foreign;
  bool mountable;

  [[nodiscard]] Result<From> for_absent(const Descriptor& blob, const std::stop_token& stop) const {
    const auto near = mountable ? From::mount : From::source;
    if (!lives_elsewhere(blob) || blob.data) return near;
    if (foreign == ForeignLayers::include) return From::urls;
    if (foreign == ForeignLayers::skip) return From::left;
    DRAY_TRY_ASSIGN(const bool held, holds(source, blob, stop));
    return held ? near : From::left;
  }
};

void count(Observer::Planned& sums, const PlannedBlob& planned) {
  if (planned.from == From::left) return;
  const bool here = planned.from == From::present;
  ++(here ? sums.present_blobs : sums.blobs);
  add_capped(here ? sums.present_bytes : sums.bytes, planned.blob.size);
}

/// Room that earlier tries hold already, and that is therefore not free.
Result<std::uint64_t> set_aside(HasFreeSpace& place, const Plan& plan) {
  std::uint64_t sum = 0;
  for (const auto& planned : plan.blobs) {
    if (planned.from == From::present || planned.from == From::left) continue;
    DRAY_TRY_ASSIGN(const auto bytes, place.set_aside_bytes(planned.blob));
    sum += std::min(bytes, planned.blob.size);
  }
  return sum;
}

}  // namespace

Result<Plan> make_plan(ContentSource& source, ContentSink& sink, const std::vector<Descriptor>& blobs,
                       const CopyOptions& options, const std::stop_token& stop) {
  const Ways ways{source, options.foreign, mount_origin(source, sink).has_value()};
  Plan plan;
  for (const auto& blob : blobs) plan.blobs.push_back({blob, From::present});
  TaskGroup group(connections_of(options), stop);
  for (auto& planned : plan.blobs) {
    group.run([&sink, &ways, &planned](const std::stop_token& group_stop) -> Result<void> {
      DRAY_TRY_ASSIGN(const bool here, sink.has_blob(planned.blob, group_stop));
      if (here) return {};
      DRAY_TRY_ASSIGN(planned.from, ways.for_absent(planned.blob, group_stop));
      return {};
    });
  }
  DRAY_TRY(group.wait());
  for (const auto& planned : plan.blobs) count(plan.sums, planned);
  return plan;
}

std::size_t connections_of(const CopyOptions& options) {
  return options.connections == 0 ? limits::max_connections : options.connections;
}

std::optional<RepositoryOrigin> mount_origin(ContentSource& source, ContentSink& sink) {
  const auto* from = dynamic_cast<HasOrigin*>(&source);
  const auto* to = dynamic_cast<HasOrigin*>(&sink);
  if (from == nullptr || to == nullptr || dynamic_cast<MountsBlobs*>(&sink) == nullptr) return std::nullopt;
  auto origin = from->origin();
  if (origin.registry != to->origin().registry || origin == to->origin()) return std::nullopt;
  return origin;
}

Result<void> check_space(ContentSink& sink, const Plan& plan) {
  auto* place = dynamic_cast<HasFreeSpace*>(&sink);
  if (place == nullptr || plan.sums.bytes == 0) return {};
  DRAY_TRY_ASSIGN(const auto free, place->free_bytes());
  if (plan.sums.bytes <= free) return {};
  DRAY_TRY_ASSIGN(const auto aside, set_aside(*place, plan));
  if (plan.sums.bytes - std::min(aside, plan.sums.bytes) <= free) return {};
  return Error(ErrorCode::no_space,
               fmt::format("{} has {} free, but {} are to be written; make room or choose fewer platforms",
                           sink.describe(), printable_bytes(free), printable_bytes(plan.sums.bytes)));
}

}  // namespace dray::ops
