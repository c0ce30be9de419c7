#include <algorithm>
#include <atomic>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/copy_tags.hpp>
#include <dray/ops/summed_observer.hpp>
#include <dray/store/digest_tags.hpp>
#include <map>
#include <memory>
#include <utility>

#include "copy_image.hpp"

namespace dray::ops {

namespace {

/// A tag on its way.
struct Ticket {
  TagReport& report;
  std::optional<Digest> standing = {};  // at the destination, before

  void fail(const Error& error) {
    report.outcome = TagOutcome::failed;
    report.error = error;
  }
  void settle(TagOutcome outcome, const std::optional<Digest>& destination) {
    report.outcome = outcome;
    report.destination = destination;
    report.error.reset();
  }
};

/// Shares out what all images together may use.
CopyOptions share_of(const CopyOptions& all, std::size_t images) {
  auto one = all;
  const auto connections = all.connections == 0 ? limits::max_connections : all.connections;
  one.connections = std::max<std::size_t>(connections / images, 1);
  if (all.jobs > 0) one.jobs = std::max<std::size_t>(all.jobs / images, 1);
  one.expected.reset();
  // Whoever copies from several places has made one of them already.
  const bool summed = std::dynamic_pointer_cast<SummedObserver>(all.observer) != nullptr;
  if (all.observer && !summed) one.observer = std::make_shared<SummedObserver>(all.observer);
  return one;
}

std::size_t images_at_once(const CopyOptions& options) {
  return options.jobs == 0 ? limits::max_parallel_images : std::min(options.jobs, limits::max_parallel_images);
}

class TagsCopy {
 public:
  TagsCopy(ContentSource& source, ContentSink& sink, const CopyTagsOptions& options)
      : source_(source),
        sink_(sink),
        destination_(dynamic_cast<ContentSource*>(&sink)),
        options_(options),
        images_(images_at_once(options.copy)),
        image_options_(share_of(options.copy, images_)) {}

  Result<void> run(std::vector<TagReport>& reports, const std::stop_token& stop);
  [[nodiscard]] bool wrote() const { return wrote_; }
  [[nodiscard]] std::uint64_t planned() const { return planned_; }
  [[nodiscard]] std::uint64_t transferred() const { return transferred_; }

 private:
  using Group = std::vector<TagReport*>;  // tags of one digest

  Result<void> resolve_all(std::vector<TagReport>& reports, const std::stop_token& stop);
  void copy_group(const Digest& digest, const Group& group, const std::stop_token& stop);
  std::vector<Ticket> look_at_destination(const Digest& digest, const Group& group, const std::stop_token& stop);
  bool look_at_destination(Ticket& ticket, const Digest& digest, const std::stop_token& stop);
  Result<BroughtImage> bring_one(const Digest& digest, const std::stop_token& stop);
  void follow_unchanged(const Digest& digest, const Group& group, const std::stop_token& stop);
  void account(TagReport& tag, const CopyReport& image);
  void put_tag(Ticket& ticket, const BroughtImage& image, const std::stop_token& stop);

  ContentSource& source_;
  ContentSink& sink_;
  ContentSource* const destination_;  // null where the sink cannot be asked
  const CopyTagsOptions& options_;
  const std::size_t images_;
  const CopyOptions image_options_;
  BlobClaims claims_;
  std::atomic<std::uint64_t> planned_{0};
  std::atomic<std::uint64_t> transferred_{0};
  std::atomic<bool> wrote_{false};
};

Result<void> TagsCopy::run(std::vector<TagReport>& reports, const std::stop_token& stop) {
  DRAY_TRY(resolve_all(reports, stop));
  std::vector<std::pair<Digest, Group>> groups;  // in the order in which digests are met
  std::map<Digest, std::size_t> positions;
  for (auto& report : reports) {
    if (!report.source) continue;
    const auto [at, is_new] = positions.try_emplace(*report.source, groups.size());
    if (is_new) groups.push_back({*report.source, {}});
    groups[at->second].second.push_back(&report);
  }
  TaskGroup tasks(images_, stop);
  for (const auto& group : groups) {
    tasks.run([this, &group](const std::stop_token& group_stop) -> Result<void> {
      copy_group(group.first, group.second, group_stop);
      return {};
    });
  }
  return tasks.wait();
}

Result<void> TagsCopy::resolve_all(std::vector<TagReport>& reports, const std::stop_token& stop) {
  TaskGroup tasks(options_.copy.jobs == 0 ? limits::max_connections : options_.copy.jobs, stop);
  for (auto& report : reports) {
    tasks.run([this, &report](const std::stop_token& group_stop) -> Result<void> {
      const auto found = source_.resolve(report.tag, group_stop);
      if (found) {
        report.source = found->digest;
      } else {
        Ticket{report}.fail(found.error());
      }
      return {};
    });
  }
  return tasks.wait();
}

void TagsCopy::copy_group(const Digest& digest, const Group& group, const std::stop_token& stop) {
  auto tickets = look_at_destination(digest, group, stop);
  if (tickets.empty()) {
    if (options_.copy.referrers) follow_unchanged(digest, group, stop);
    return;
  }
  auto image = bring_one(digest, stop);
  if (!image) {
    for (auto& ticket : tickets) ticket.fail(image.error());
    return;
  }
  account(tickets.front().report, image->report);
  for (auto& ticket : tickets) put_tag(ticket, *image, stop);
}

/// The image is there; what refers to it may be new.
void TagsCopy::follow_unchanged(const Digest& digest, const Group& group, const std::stop_token& stop) {
  Group unchanged;
  std::ranges::copy_if(group, std::back_inserter(unchanged),
                       [](const TagReport* tag) { return tag->outcome == TagOutcome::unchanged; });
  if (unchanged.empty()) return;
  const auto follow = [&]() -> Result<CopyReport> {
    if (options_.may_fetch) DRAY_TRY(options_.may_fetch());
    return bring_what_refers(source_, digest, sink_, claims_, image_options_, stop);
  };
  if (const auto followed = follow()) {
    account(*unchanged.front(), *followed);
  } else {
    for (auto* tag : unchanged) Ticket{*tag}.fail(followed.error());
  }
}

/// The bytes were moved once, whatever the number of tags.
void TagsCopy::account(TagReport& tag, const CopyReport& image) {
  planned_ += image.bytes_planned;
  transferred_ += image.bytes_transferred;
  tag.bytes = image_options_.dry_run ? image.bytes_planned : image.bytes_transferred;
  tag.referrers = image.referrers;
  if (!image_options_.dry_run && (image.referrers.copied > 0 || image.referrers.tags > 0)) wrote_ = true;
}

std::vector<Descriptor> left_in(const CopyReport& image) {
  std::vector<Descriptor> left;
  for (const auto& planned : image.blobs) {
    if (planned.from == PlannedBlob::From::left) left.push_back(planned.blob);
  }
  return left;
}

/// The tags that are still to be written.
std::vector<Ticket> TagsCopy::look_at_destination(const Digest& digest, const Group& group,
                                                  const std::stop_token& stop) {
  std::vector<Ticket> left;
  for (auto* report : group) {
    Ticket ticket{*report};
    if (look_at_destination(ticket, digest, stop)) left.push_back(std::move(ticket));
  }
  return left;
}

bool TagsCopy::look_at_destination(Ticket& ticket, const Digest& digest, const std::stop_token& stop) {
  if (options_.known) {
    if (const auto known = options_.known(ticket.report.tag, digest)) {
      ticket.settle(TagOutcome::unchanged, known);
      return false;
    }
  }
  if (destination_ == nullptr) return true;
  const auto standing = destination_->resolve(ticket.report.tag, stop);
  if (!standing && standing.error().code() != ErrorCode::not_found) {
    ticket.fail(standing.error());
    return false;
  }
  if (!standing) return true;
  ticket.standing = standing->digest;
  if (standing->digest == digest && !image_options_.sparse) {
    ticket.settle(TagOutcome::unchanged, digest);
    return false;
  }
  if (!options_.no_clobber) return true;
  ticket.settle(TagOutcome::kept, standing->digest);
  return false;
}

Result<BroughtImage> TagsCopy::bring_one(const Digest& digest, const std::stop_token& stop) {
  if (options_.may_fetch) {
    DRAY_TRY(options_.may_fetch());
  }
  const SinkOpener already_open = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink_); };
  return bring_image(source_, digest, already_open, &claims_, image_options_, stop);
}

void TagsCopy::put_tag(Ticket& ticket, const BroughtImage& image, const std::stop_token& stop) {
  const auto& root = image.report.copied.digest;
  ticket.report.reasons = image.report.reasons;
  ticket.report.left = left_in(image.report);
  if (ticket.standing == root && image.report.bytes_planned == 0) {
    ticket.settle(TagOutcome::unchanged, root);
    return;
  }
  if (!image_options_.dry_run) {
    if (const auto put = put_root(image, sink_, ticket.report.tag, stop); !put) {
      ticket.fail(put.error());
      return;
    }
    wrote_ = true;
  }
  ticket.settle(TagOutcome::copied, root);
}

}  // namespace

std::string_view name(TagOutcome outcome) noexcept {
  switch (outcome) {
    case TagOutcome::copied:
      return "copied";
    case TagOutcome::unchanged:
      return "unchanged";
    case TagOutcome::kept:
      return "kept";
    case TagOutcome::failed:
      return "failed";
  }
  return "failed";
}

std::size_t TagsReport::count(TagOutcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count(tags, outcome, &TagReport::outcome));
}

Result<TagsReport> copy_tags(ContentSource& source, const std::vector<std::string>& tags, const SinkOpener& open_sink,
                             const CopyTagsOptions& options, const std::stop_token& stop) {
  TagsReport report;
  report.tags.reserve(tags.size());
  const Error not_reached(ErrorCode::cancelled, "stopped before its turn");
  for (const auto& tag : tags) {
    if (options.copy.referrers && is_referrers_tag(tag)) continue;
    report.tags.push_back({.tag = tag, .error = not_reached});
  }
  DRAY_TRY_ASSIGN(const auto sink, open_sink());
  TagsCopy copy(source, *sink, options);
  // What was done before a stop is told all the same.
  const auto ran = copy.run(report.tags, stop);
  if (!ran && ran.error().code() != ErrorCode::cancelled) return ran.error();
  report.bytes_planned = copy.planned();
  report.bytes_transferred = copy.transferred();
  if (copy.wrote() && ran) {
    DRAY_TRY(sink->finish(stop));
  }
  return report;
}

}  // namespace dray::ops
