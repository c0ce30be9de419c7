#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/base/task_group.hpp>

#include "naming.hpp"
#include "sums.hpp"

namespace dray::ops {

namespace {

using From = PlannedBlob::From;

/// Not `vector<bool>`: threads write neighbours.
struct Held {
  bool here = false;
};

Result<std::vector<Held>> ask(ContentSink& sink, const std::vector<Descriptor>& blobs, std::size_t connections,
                              const std::stop_token& stop) {
  std::vector<Held> held(blobs.size());
  TaskGroup group(connections, stop);
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    group.run([&sink, &blob = blobs[i], &here = held[i].here](const std::stop_token& group_stop) -> Result<void> {
      DRAY_TRY_ASSIGN(here, sink.has_blob(blob, group_stop));
      return {};
    });
  }
  DRAY_TRY(group.wait());
  return held;
}

From origin_of(const Descriptor& blob, bool here, bool mountable) {
  if (here) return From::present;
  if (blob.media_type.is_foreign() && !blob.urls.empty()) return From::urls;
  return mountable ? From::mount : From::source;
}

/// Room that earlier tries hold already, and that is therefore not free.
Result<std::uint64_t> set_aside(HasFreeSpace& place, const Plan& plan) {
  std::uint64_t sum = 0;
  for (const auto& planned : plan.blobs) {
    if (planned.from == From::present) continue;
    DRAY_TRY_ASSIGN(const auto bytes, place.set_aside_bytes(planned.blob));
    sum += std::min(bytes, planned.blob.size);
  }
  return sum;
}

}  // namespace

Result<Plan> make_plan(ContentSource& source, ContentSink& sink, const std::vector<Descriptor>& blobs,
                       std::size_t connections, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto held, ask(sink, blobs, connections, stop));
  const bool mountable = mount_origin(source, sink).has_value();
  Plan plan;
  plan.blobs.reserve(blobs.size());
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const bool here = held[i].here;
    plan.blobs.push_back({blobs[i], origin_of(blobs[i], here, mountable)});
    ++(here ? plan.sums.present_blobs : plan.sums.blobs);
    add_capped(here ? plan.sums.present_bytes : plan.sums.bytes, blobs[i].size);
  }
  return plan;
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
