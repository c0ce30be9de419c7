#include <dray/base/task_group.hpp>
#include <dray/core/artifact_limits.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/referrers.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/digest_tags.hpp>
#include <set>
#include <utility>

namespace dray::ops {

namespace {

Result<Descriptor> subject_of(ContentSource& source, const ManifestName& name, const std::optional<Platform>& platform,
                              const std::stop_token& stop) {
  if (!platform) return source.resolve(name, stop);
  DRAY_TRY_ASSIGN(auto image, select_image(source, name, platform, stop));
  return std::move(image.raw.descriptor);
}

class Tree {
 public:
  Tree(ContentSource& source, ListsReferrers& lister, const ReferrersOptions& options)
      : source_(source), lister_(lister), options_(options) {}

  Result<std::vector<Referrer>> grow(const Descriptor& subject, const std::stop_token& stop);

 private:
  using Level = std::vector<Referrer*>;
  Result<void> list_level(const Level& level, std::size_t depth, const std::stop_token& stop);
  Result<void> add_cosign(Referrer& root, const std::stop_token& stop);
  Result<Level> next_level(const Level& level);

  ContentSource& source_;
  ListsReferrers& lister_;
  const ReferrersOptions& options_;
  std::set<Digest> seen_;
  std::size_t count_ = 0;
};

Result<std::vector<Referrer>> Tree::grow(const Descriptor& subject, const std::stop_token& stop) {
  Referrer root{subject};
  seen_.insert(subject.digest);
  Level level{&root};
  for (std::size_t depth = 0; !level.empty(); ++depth) {
    if (options_.depth != 0 && depth == options_.depth) break;
    if (depth > limits::max_referrers_depth) {
      return Error(ErrorCode::limit_exceeded, "referrers of referrers go more than " +
                                                  std::to_string(limits::max_referrers_depth) + " levels deep");
    }
    DRAY_TRY(list_level(level, depth, stop));
    if (depth == 0 && !options_.artifact_type) DRAY_TRY(add_cosign(root, stop));
    DRAY_TRY_ASSIGN(level, next_level(level));
  }
  return std::move(root.referrers);
}

Result<void> Tree::list_level(const Level& level, std::size_t depth, const std::stop_token& stop) {
  const auto type = depth == 0 ? options_.artifact_type : std::nullopt;
  TaskGroup group(limits::max_connections, stop);
  for (auto* node : level) {
    group.run([this, node, &type](const std::stop_token& group_stop) -> Result<void> {
      DRAY_TRY_ASSIGN(const auto found, lister_.list_referrers(node->descriptor.digest, type, group_stop));
      for (const auto& entry : found) node->referrers.push_back({entry});
      return {};
    });
  }
  return group.wait();
}

Result<void> Tree::add_cosign(Referrer& root, const std::stop_token& stop) {
  for (const auto& cosign : cosign_tags(root.descriptor.digest)) {
    auto found = source_.resolve(cosign.tag, stop);
    if (found) {
      root.referrers.push_back({*std::move(found), std::string(cosign.holds), cosign.tag});
    } else if (found.error().code() != ErrorCode::not_found) {
      return std::move(found).error();
    }
  }
  return {};
}

/// The place's lists might go round in circles.
Result<Tree::Level> Tree::next_level(const Level& level) {
  Level next;
  for (auto* node : level) {
    count_ += node->referrers.size();
    if (count_ > limits::max_referrers) {
      return Error(ErrorCode::limit_exceeded,
                   "there are more than " + std::to_string(limits::max_referrers) + " referrers in all");
    }
    for (auto& child : node->referrers) {
      if (seen_.insert(child.descriptor.digest).second) next.push_back(&child);
    }
  }
  return next;
}

std::size_t count_of(const std::vector<Referrer>& referrers) {
  auto sum = referrers.size();
  for (const auto& referrer : referrers) sum += count_of(referrer.referrers);
  return sum;
}

}  // namespace

std::size_t ReferrersReport::count() const { return count_of(referrers); }

Result<ReferrersReport> list_referrers(ContentSource& source, const ManifestName& name, const ReferrersOptions& options,
                                       const std::stop_token& stop) {
  auto* const lister = dynamic_cast<ListsReferrers*>(&source);
  if (lister == nullptr) {
    return Error(ErrorCode::unsupported, source.describe() + " keeps no list of referrers; copy it to an OCI layout");
  }
  DRAY_TRY_ASSIGN(auto subject, subject_of(source, name, options.platform, stop));
  DRAY_TRY_ASSIGN(auto referrers, Tree(source, *lister, options).grow(subject, stop));
  return ReferrersReport{std::move(subject), std::move(referrers)};
}

}  // namespace dray::ops
