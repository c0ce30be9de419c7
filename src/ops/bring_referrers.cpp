#include "bring_referrers.hpp"

#include <algorithm>
#include <dray/base/guarded.hpp>
#include <dray/base/task_group.hpp>
#include <dray/core/artifact_limits.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/digest_tags.hpp>
#include <dray/store/referrers.hpp>
#include <set>
#include <utility>

#include "copy_image.hpp"
#include "graph.hpp"
#include "plan.hpp"
#include "sums.hpp"

namespace dray::ops {

namespace {

/// Each of the images that go on at a time gets its share of the connections.
CopyOptions share_of(const CopyOptions& all) {
  auto one = all;
  one.referrers = false;
  one.expected.reset();
  one.connections = std::max<std::size_t>(connections_of(all) / limits::max_parallel_images, 1);
  if (all.jobs > 0) one.jobs = std::max<std::size_t>(all.jobs / limits::max_parallel_images, 1);
  return one;
}

void add_to(CopyReport& report, const CopyReport& part) {
  std::set<Digest> known;
  for (const auto& planned : report.blobs) known.insert(planned.blob.digest);
  for (const auto& planned : part.blobs) {
    if (known.insert(planned.blob.digest).second) report.blobs.push_back(planned);
  }
  add_capped(report.bytes_planned, part.bytes_planned);
  report.bytes_transferred += part.bytes_transferred;
  report.manifests += part.manifests;
}

class Following {
 public:
  Following(ContentSource& source, ListsReferrers& lister, ContentSink& sink, BlobClaims& claims,
            const CopyOptions& options, CopyReport& report)
      : source_(source),
        lister_(lister),
        sink_(sink),
        there_(dynamic_cast<ListsReferrers*>(&sink)),
        readable_(dynamic_cast<ContentSource*>(&sink)),
        claims_(claims),
        options_(share_of(options)),
        state_(State{&report}) {}

  Result<void> run(const std::vector<Digest>& subjects, const std::stop_token& stop);

 private:
  struct State {
    CopyReport* report = nullptr;
    std::set<Digest> seen = {};
    std::vector<Digest> next = {};
  };

  Result<void> follow(const Digest& subject, const std::stop_token& stop);
  Result<std::set<Digest>> listed_there(const Digest& subject, const std::stop_token& stop);
  Result<void> bring(const Digest& subject, const Descriptor& entry, const std::stop_token& stop);
  Result<void> follow_cosign(const Digest& subject, const std::stop_token& stop);
  Result<bool> stands_there(const std::string& tag, const Digest& digest, const std::stop_token& stop);
  Result<void> put(RawManifest raw, const std::optional<std::string>& tag, const std::stop_token& stop);
  void want(const Digest& digest);
  void note_missing(const Digest& subject, const Digest& digest, std::string_view why);

  ContentSource& source_;
  ListsReferrers& lister_;
  ContentSink& sink_;
  ListsReferrers* const there_;  // null where the destination lists none
  ContentSource* const readable_;
  BlobClaims& claims_;
  const CopyOptions options_;
  Guarded<State> state_;
};

/// Level by level: what is met again is not followed again.
Result<void> Following::run(const std::vector<Digest>& subjects, const std::stop_token& stop) {
  for (const auto& subject : subjects) want(subject);
  for (std::size_t depth = 0;; ++depth) {
    const auto level = state_.with([](State& state) { return std::exchange(state.next, {}); });
    if (level.empty()) return {};
    if (depth > limits::max_referrers_depth) {
      return Error(ErrorCode::limit_exceeded, "referrers of referrers go more than " +
                                                  std::to_string(limits::max_referrers_depth) + " levels deep");
    }
    TaskGroup group(limits::max_parallel_images, stop);
    for (const auto& subject : level) {
      group.run([this, &subject](const std::stop_token& group_stop) { return follow(subject, group_stop); });
    }
    DRAY_TRY(group.wait());
  }
}

void Following::want(const Digest& digest) {
  state_.with([&](State& state) {
    if (state.seen.insert(digest).second) state.next.push_back(digest);
  });
}

void Following::note_missing(const Digest& subject, const Digest& digest, std::string_view why) {
  if (options_.observer) {
    options_.observer->on(Observer::Decided{digest.text() + " is listed as a referrer of " + subject.text() + ", but " +
                                            std::string(why) + "; it is left out"});
  }
  state_.with([&](State& state) { state.report->referrers.missing.push_back(digest); });
}

Result<void> Following::follow(const Digest& subject, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto entries, lister_.list_referrers(subject, std::nullopt, stop));
  if (!entries.empty()) {
    DRAY_TRY_ASSIGN(const auto listed, listed_there(subject, stop));
    for (const auto& entry : entries) {
      bool here = listed.contains(entry.digest);
      if (here) {
        DRAY_TRY_ASSIGN(here, sink_.has_manifest(entry.digest, stop));
      }
      if (here) {
        state_.with([](State& state) { ++state.report->referrers.present; });
        want(entry.digest);
      } else {
        DRAY_TRY(bring(subject, entry, stop));
      }
    }
  }
  return follow_cosign(subject, stop);
}

Result<std::set<Digest>> Following::listed_there(const Digest& subject, const std::stop_token& stop) {
  std::set<Digest> digests;
  if (there_ == nullptr) return digests;
  DRAY_TRY_ASSIGN(const auto entries, there_->list_referrers(subject, std::nullopt, stop));
  for (const auto& entry : entries) digests.insert(entry.digest);
  return digests;
}

Result<void> Following::bring(const Digest& subject, const Descriptor& entry, const std::stop_token& stop) {
  auto raw = source_.get_manifest(entry.digest, stop);
  if (!raw && raw.error().code() == ErrorCode::not_found) {
    note_missing(subject, entry.digest, "it is not there");
    return {};
  }
  if (!raw) return std::move(raw).error();
  const auto referral = referral_of(*raw);
  if (!referral || referral->subject != subject) {
    note_missing(subject, entry.digest, "it names another subject");
    return {};
  }
  DRAY_TRY(put(*std::move(raw), std::nullopt, stop));
  state_.with([](State& state) { ++state.report->referrers.copied; });
  want(entry.digest);
  return {};
}

Result<void> Following::follow_cosign(const Digest& subject, const std::stop_token& stop) {
  for (const auto& cosign : cosign_tags(subject)) {
    auto raw = source_.get_manifest(cosign.tag, stop);
    if (!raw && raw.error().code() == ErrorCode::not_found) continue;
    if (!raw) return std::move(raw).error();
    const auto digest = raw->descriptor.digest;
    DRAY_TRY_ASSIGN(const bool here, stands_there(cosign.tag, digest, stop));
    if (!here) DRAY_TRY(put(*std::move(raw), cosign.tag, stop));
    state_.with([&](State& state) { ++(here ? state.report->referrers.present : state.report->referrers.tags); });
    want(digest);
  }
  return {};
}

Result<bool> Following::stands_there(const std::string& tag, const Digest& digest, const std::stop_token& stop) {
  if (readable_ == nullptr) return false;
  const auto found = readable_->resolve(tag, stop);
  if (found) return found->digest == digest;
  if (found.error().code() == ErrorCode::not_found) return false;
  return found.error();
}

Result<void> Following::put(RawManifest raw, const std::optional<std::string>& tag, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto graph, walk(source_, std::move(raw), stop));
  DRAY_TRY_ASSIGN(const auto image, bring_graph(source_, std::move(graph), sink_, &claims_, options_, stop));
  if (!options_.dry_run) DRAY_TRY(put_root(image, sink_, tag, stop));
  state_.with([&](State& state) { add_to(*state.report, image.report); });
  return {};
}

}  // namespace

Result<void> bring_referrers(ContentSource& source, const std::vector<Digest>& subjects, ContentSink& sink,
                             BlobClaims& claims, const CopyOptions& options, CopyReport& report,
                             const std::stop_token& stop) {
  auto* const lister = dynamic_cast<ListsReferrers*>(&source);
  if (lister == nullptr) {
    return Error(ErrorCode::unsupported, source.describe() + " keeps no list of referrers; copy without --referrers");
  }
  return Following(source, *lister, sink, claims, options, report).run(subjects, stop).transform_error([](Error error) {
    return std::move(error).context("what refers to the image");
  });
}

}  // namespace dray::ops
