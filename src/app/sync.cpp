#include <algorithm>
#include <dray/app/app.hpp>
#include <dray/app/archive_tags.hpp>
#include <dray/app/cached.hpp>
#include <dray/app/sync.hpp>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/summed_observer.hpp>
#include <map>
#include <optional>
#include <utility>

#include "sync_pairs.hpp"

namespace dray {
namespace {

/// Repositories in the order of their reports, before these have an address that stays.
struct Found {
  std::string source;
  std::string destination;
  const settings::SyncChoice* choice;
  std::optional<Error> error = {};  // of an entry whose repositories could not be found out
};

/// What one run works with.
class Sync {
 public:
  Sync(const SyncOptions& options, const std::shared_ptr<client::RegistryClient>& client, const SyncState& known)
      : options_(options), client_(client), known_(known) {
    if (options.observer) observer_ = std::make_shared<ops::SummedObserver>(options.observer);
  }

  std::vector<Found> find(const settings::SyncFile& file, const std::stop_token& stop);
  Result<void> run(std::vector<std::vector<SyncPair>>& destinations, const std::stop_token& stop);

 private:
  void find_in_catalog(const settings::SyncEntry& entry, std::vector<Found>& found, const std::stop_token& stop);
  void sync_destination(std::vector<SyncPair>& pairs, const std::stop_token& stop);
  void sync_pair(SyncPair& pair, const std::stop_token& stop);
  Result<void> list(SyncPair& pair, ContentSource& source, const std::stop_token& stop);
  Result<void> copy(SyncPair& pair, ContentSource& source, const std::stop_token& stop);
  void remove_left(SyncPair& pair, const std::vector<SyncPair>& all, const std::stop_token& stop);
  Result<std::vector<std::string>> to_remove(const SyncPair& pair, const std::vector<SyncPair>& all, ContentSink& sink,
                                             const std::stop_token& stop);
  Result<bool> is_gone(const SyncPair& pair, const std::string& tag, const std::stop_token& stop);

  [[nodiscard]] ops::CopyTagsOptions copy_options(const SyncPair& pair) const;
  [[nodiscard]] Result<void> may_fetch(const SyncPair& pair) const;
  [[nodiscard]] Result<std::shared_ptr<ContentSource>> open_source(const Place& place) const;
  [[nodiscard]] Result<std::shared_ptr<ContentSink>> open_destination(const SyncPair& pair) const;

  const SyncOptions& options_;
  const std::shared_ptr<client::RegistryClient>& client_;
  const SyncState& known_;
  std::shared_ptr<ops::Observer> observer_;
  bool found_all_ = true;  // every catalog answered
  std::size_t at_once_ = 1;
};

Result<std::shared_ptr<ContentSource>> Sync::open_source(const Place& place) const {
  DRAY_TRY_ASSIGN(auto source, open_place(place.address(), place.kind() == PlaceKind::registry ? client_ : nullptr));
  DRAY_TRY(call_by_repository(place, *source));
  const bool through_cache = options_.cache && place.kind() == PlaceKind::registry;
  return through_cache ? cached(std::move(source), options_.cache) : source;
}

Result<std::shared_ptr<ContentSink>> Sync::open_destination(const SyncPair& pair) const {
  const auto address = pair.destination.address();
  if (writes_to_standard_output(address)) {
    return Error(ErrorCode::invalid_input, "'" + address.text() + "': standard output cannot be kept in step");
  }
  const auto client = pair.destination.kind() == PlaceKind::registry ? client_ : nullptr;
  DRAY_TRY_ASSIGN(auto opened, options_.dry_run ? open_sink_to_plan(address, client) : open_sink(address, client));
  DRAY_TRY(call_by_repository(pair.repository, *opened.sink));
  return std::move(opened.sink);
}

std::vector<Found> Sync::find(const settings::SyncFile& file, const std::stop_token& stop) {
  std::vector<Found> found;
  for (const auto& entry : file.entries) {
    if (entry.source) {
      found.push_back({entry.source->text(), Place::parse(entry.destination).value().text(), &entry.choice});
    } else {
      find_in_catalog(entry, found, stop);
    }
  }
  return found;
}

void Sync::find_in_catalog(const settings::SyncEntry& entry, std::vector<Found>& found, const std::stop_token& stop) {
  const auto registry = entry.registry->text();
  const auto names = client_->catalog(*entry.registry, stop);
  if (!names) {
    found_all_ = false;
    found.push_back({registry, entry.destination, &entry.choice, names.error()});
    return;
  }
  for (const auto& name : entry.repositories.pick(*names)) {
    Found one{registry + "/" + name, entry.destination + "/" + name, &entry.choice};
    // A catalog is somebody else's word.
    const auto source = RepositoryName::make(*entry.registry, name);
    const auto destination = Place::parse(one.destination);
    if (!source || !destination) {
      one.error = source ? destination.error() : source.error();
      found_all_ = false;
    } else {
      one.destination = destination->text();
    }
    found.push_back(std::move(one));
  }
}

Result<void> Sync::run(std::vector<std::vector<SyncPair>>& destinations, const std::stop_token& stop) {
  at_once_ = std::clamp<std::size_t>(destinations.size(), 1, limits::max_parallel_places);
  if (options_.jobs > 0) at_once_ = std::min(at_once_, options_.jobs);
  TaskGroup group(at_once_, stop);
  for (auto& pairs : destinations) {
    group.run([this, &pairs](const std::stop_token& group_stop) -> Result<void> {
      sync_destination(pairs, group_stop);
      return {};
    });
  }
  return group.wait();
}

void Sync::sync_destination(std::vector<SyncPair>& pairs, const std::stop_token& stop) {
  for (auto& pair : pairs) sync_pair(pair, stop);
  const bool whole = found_all_ && !stop.stop_requested() && std::ranges::all_of(pairs, &SyncPair::is_whole);
  for (auto& pair : pairs) {
    if (!pair.choice.remove) continue;
    if (whole) {
      remove_left(pair, pairs, stop);
    } else {
      pair.report.not_deleted =
          found_all_ ? "something that goes to this destination failed" : "not every registry told its repositories";
    }
  }
}

void Sync::sync_pair(SyncPair& pair, const std::stop_token& stop) {
  const auto work = [&]() -> Result<void> {
    DRAY_TRY_ASSIGN(const auto source, open_source(pair.source));
    DRAY_TRY_ASSIGN(pair.repository, call_by_repository(pair.source, *source));
    DRAY_TRY(list(pair, *source, stop));
    return copy(pair, *source, stop);
  };
  const auto done = work();
  pair.report.error = done ? std::nullopt : std::optional(done.error());
}

/// Tags that are named are not looked for in a list, which may be a long one, unless what left it is to be known.
Result<void> Sync::list(SyncPair& pair, ContentSource& source, const std::stop_token& stop) {
  if (!pair.choice.tag_names.empty() && !pair.choice.remove) {
    pair.wanted = pair.choice.tag_names;
    return {};
  }
  DRAY_TRY_ASSIGN(pair.listed, source.list_tags(stop));
  pair.wanted = wanted_of(pair.choice, pair.listed);
  return {};
}

Result<void> Sync::copy(SyncPair& pair, ContentSource& source, const std::stop_token& stop) {
  if (pair.wanted.empty()) return {};
  const auto open_sink = [&] { return open_destination(pair); };
  DRAY_TRY_ASSIGN(pair.report.tags, ops::copy_tags(source, pair.wanted, open_sink, copy_options(pair), stop));
  return {};
}

ops::ForeignLayers foreign_of(settings::SyncForeign foreign) {
  switch (foreign) {
    case settings::SyncForeign::include:
      return ops::ForeignLayers::include;
    case settings::SyncForeign::keep:
      return ops::ForeignLayers::keep;
    case settings::SyncForeign::skip:
      return ops::ForeignLayers::skip;
  }
  return ops::ForeignLayers::include;
}

ops::CopyTagsOptions Sync::copy_options(const SyncPair& pair) const {
  ops::CopyTagsOptions options;
  options.copy.platforms = pair.choice.platforms;
  options.copy.sparse = pair.choice.sparse;
  options.copy.foreign = foreign_of(pair.choice.foreign);
  options.copy.referrers = pair.choice.referrers;
  options.copy.dry_run = options_.dry_run;
  options.copy.observer = observer_;
  options.copy.connections = limits::max_connections / at_once_;
  if (options_.jobs > 0) options.copy.jobs = std::max<std::size_t>(options_.jobs / at_once_, 1);
  options.no_clobber = pair.choice.no_clobber;
  options.may_fetch = [this, &pair] { return may_fetch(pair); };
  const auto* tags = options_.check ? nullptr : known_.find(state_key(pair));
  if (tags != nullptr) {
    options.known = [tags](const std::string& tag, const Digest& source) -> std::optional<Digest> {
      const auto at = tags->find(tag);
      if (at == tags->end() || at->second.source != source) return std::nullopt;
      return at->second.destination;
    };
  }
  return options;
}

Result<void> Sync::may_fetch(const SyncPair& pair) const {
  if (pair.source.kind() != PlaceKind::registry) return {};
  const auto& registry = pair.source.repository().registry();
  const auto limit = client_->rate_limit(registry);
  if (!limit || !limit->remaining || *limit->remaining > pair.choice.keep_requests) return {};
  return Error(ErrorCode::rate_limited, registry.text() + " allows " + limit->text() + ", and " +
                                            std::to_string(pair.choice.keep_requests) +
                                            " are to be kept: the rest is fetched by a later run");
}

void Sync::remove_left(SyncPair& pair, const std::vector<SyncPair>& all, const std::stop_token& stop) {
  if (pair.listed.empty() && !pair.choice.remove_if_empty) {
    pair.report.not_deleted = "the source lists no tags at all: where that is meant, say delete-if-empty: true";
    return;
  }
  const auto work = [&]() -> Result<void> {
    DRAY_TRY_ASSIGN(const auto sink, open_destination(pair));
    DRAY_TRY_ASSIGN(const auto tags, to_remove(pair, all, *sink, stop));
    bool any = false;
    for (const auto& tag : tags) {
      auto removed = options_.dry_run ? Result<void>() : sink->remove_tag(tag, stop);
      any = any || removed.has_value();
      pair.report.deleted.push_back({tag, removed ? std::nullopt : std::optional(std::move(removed).error())});
    }
    if (!any || options_.dry_run) return {};
    return sink->finish(stop);
  };
  if (const auto done = work(); !done) {
    pair.report.error = done.error();
    pair.report.not_deleted = "the destination could not be looked through";
  }
}

Result<std::vector<std::string>> Sync::to_remove(const SyncPair& pair, const std::vector<SyncPair>& all,
                                                 ContentSink& sink, const std::stop_token& stop) {
  auto* readable = dynamic_cast<ContentSource*>(&sink);
  if (readable == nullptr) {
    return Error(ErrorCode::unsupported, sink.describe() + " cannot be read, so that nothing is known to delete there");
  }
  const auto there = readable->list_tags(stop);
  if (!there && there.error().code() == ErrorCode::not_found) return std::vector<std::string>();
  if (!there) return there.error();
  auto tags = tags_to_delete(pair, all, *there);
  if (pair.choice.remove_limit && tags.size() > *pair.choice.remove_limit) {
    return Error(ErrorCode::limit_exceeded, std::to_string(tags.size()) + " tags left the source, more than the " +
                                                std::to_string(*pair.choice.remove_limit) +
                                                " of delete-limit: nothing is deleted");
  }
  // A list may be stale or cut short: the source itself must say that it has the tag no more.
  for (const auto& tag : tags) {
    DRAY_TRY_ASSIGN(const bool gone, is_gone(pair, tag, stop));
    if (gone) continue;
    return Error(ErrorCode::protocol, pair.source.text() + " does not list " + tag +
                                          ", and has it all the same: its list is not trusted, nothing is deleted");
  }
  return tags;
}

Result<bool> Sync::is_gone(const SyncPair& pair, const std::string& tag, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto source, open_source(pair.source));
  const auto found = source->resolve(tag, stop);
  if (found) return false;
  if (found.error().code() == ErrorCode::not_found) return true;
  return found.error();
}

/// Reports for all that was found, and the pairs that fill them, by destination.
std::vector<std::vector<SyncPair>> pair_up(const std::vector<Found>& found, std::vector<SyncedPlace>& places) {
  const Error not_reached(ErrorCode::cancelled, "stopped before its turn");
  places.reserve(found.size());
  std::vector<std::vector<SyncPair>> destinations;
  std::map<std::string, std::size_t> positions;
  for (const auto& one : found) {
    auto& place = places.emplace_back(SyncedPlace{.source = one.source, .destination = one.destination});
    place.error = one.error ? *one.error : not_reached;
    if (one.error) continue;
    const auto [at, is_new] = positions.try_emplace(one.destination, destinations.size());
    if (is_new) destinations.emplace_back();
    destinations[at->second].push_back(
        {Place::parse(one.source).value(), Place::parse(one.destination).value(), *one.choice, place});
  }
  return destinations;
}

SyncState::Tags remembered(const ops::TagsReport& report) {
  SyncState::Tags tags;
  for (const auto& tag : report.tags) {
    const bool in_sync = tag.outcome == ops::TagOutcome::copied || tag.outcome == ops::TagOutcome::unchanged;
    if (in_sync && tag.source && tag.destination)
      tags.insert_or_assign(tag.tag, SyncedTag{*tag.source, *tag.destination});
  }
  return tags;
}

/// What failed before its tags were listed is remembered as it was.
void remember(SyncState& state, const std::vector<std::vector<SyncPair>>& destinations, bool found_all) {
  std::set<SyncState::Pair> all;
  for (const auto& pairs : destinations) {
    for (const auto& pair : pairs) {
      all.insert(state_key(pair));
      if (!pair.report.tags.tags.empty() || !pair.report.error)
        state.set(state_key(pair), remembered(pair.report.tags));
    }
  }
  if (found_all) state.keep_only(all);
}

}  // namespace

std::uint64_t SyncReport::bytes_planned() const {
  std::uint64_t sum = 0;
  for (const auto& place : places) sum += place.tags.bytes_planned;
  return sum;
}

std::uint64_t SyncReport::bytes_transferred() const {
  std::uint64_t sum = 0;
  for (const auto& place : places) sum += place.tags.bytes_transferred;
  return sum;
}

Result<SyncReport> sync(const settings::SyncFile& file, const SyncOptions& options,
                        const std::shared_ptr<client::RegistryClient>& client, const std::stop_token& stop) {
  std::optional<SyncStateFile> state;
  if (options.state) {
    DRAY_TRY_ASSIGN(state, SyncStateFile::open(*options.state));
  }
  const SyncState nothing;
  Sync run(options, client, state ? state->state() : nothing);
  const auto found = run.find(file, stop);
  SyncReport report;
  auto destinations = pair_up(found, report.places);
  const auto ran = run.run(destinations, stop);
  if (!ran && ran.error().code() != ErrorCode::cancelled) return ran.error();
  if (state && !options.dry_run) {
    const bool found_all = std::ranges::none_of(found, [](const Found& one) { return one.error.has_value(); });
    remember(state->state(), destinations, found_all);
    DRAY_TRY(state->save());
  }
  return report;
}

}  // namespace dray
