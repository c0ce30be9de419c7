#include <fmt/format.h>
#include <fmt/ranges.h>

#include <dray/ops/remove.hpp>
#include <map>
#include <utility>

#include "../context.hpp"
#include "../exit_status.hpp"
#include "../render.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

constexpr std::size_t most_tags_in_a_message = 20;

/// One image of those that go, in the order that they were looked at.
struct Deletion {
  std::string place;  ///< As messages name it.
  std::shared_ptr<ContentStore> store;
  ops::PlannedRemoval planned;
  std::optional<ops::RemovedBy> by = {};
  std::optional<Error> error = {};
};

/// The images of one place, so that its tags are listed once.
struct Group {
  std::shared_ptr<ContentStore> store;
  std::vector<ops::RemovalTarget> targets;
};

std::optional<Digest> digest_of(const Address& address) {
  return address.kind() == PlaceKind::registry ? address.reference().digest() : address.digest();
}

/// `delete app` must not fall on `latest` by a default that nobody typed.
Result<ops::RemovalTarget> target_of(const std::string& image, const Address& address) {
  if (address.kind() == PlaceKind::directory) {
    return Error(ErrorCode::unsupported,
                 "'" + image + "' is the folder of one image, without a tag: remove the folder");
  }
  ops::RemovalTarget target{address.name(), digest_of(address)};
  const bool typed = !target.tag || image.ends_with(":" + *target.tag) || image.find('@') != std::string::npos;
  if (typed && (target.tag || target.digest)) return target;
  return Error(ErrorCode::invalid_input, "say which tag to delete: " + image + ":latest, or a digest");
}

std::string place_key(const Address& address) {
  return address.kind() == PlaceKind::registry ? address.reference().repository_name().text()
                                               : std::string(name(address.kind())) + ":" + address.path();
}

Result<std::vector<Group>> open_groups(Context& context, const std::vector<std::string>& images) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> by_place;
  std::vector<Address> addresses;
  for (const auto& image : images) {
    DRAY_TRY_ASSIGN(auto address, Address::parse(image));
    DRAY_TRY(target_of(image, address));
    addresses.push_back(std::move(address));
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    DRAY_TRY_ASSIGN(auto target, target_of(images[i], addresses[i]));
    const auto [at, is_new] = by_place.emplace(place_key(addresses[i]), groups.size());
    if (is_new) {
      DRAY_TRY_ASSIGN(auto opened, context.open_store(images[i]));
      groups.push_back({std::move(opened.store), {}});
    }
    groups[at->second].targets.push_back(std::move(target));
  }
  return groups;
}

Result<std::vector<Deletion>> plan(const std::vector<Group>& groups, std::size_t jobs, const std::stop_token& stop) {
  std::vector<Deletion> deletions;
  for (const auto& group : groups) {
    DRAY_TRY_ASSIGN(auto planned, ops::plan_removals(*group.store, group.targets, jobs, stop));
    for (auto& one : planned) deletions.push_back({group.store->describe(), group.store, std::move(one)});
  }
  return deletions;
}

std::string name_of(const Deletion& deletion) {
  const auto& planned = deletion.planned;
  return deletion.place + (planned.tag ? ":" + *planned.tag : "@" + planned.manifest.digest.text());
}

/// A manifest takes its tags along, which nobody named.
Result<void> check_meant(const std::vector<Deletion>& deletions) {
  for (const auto& deletion : deletions) {
    const auto& tags = deletion.planned.tags;
    if (deletion.planned.tag || tags.empty()) continue;
    const auto shown = std::span(tags).first(std::min(tags.size(), most_tags_in_a_message));
    const auto more = tags.size() - shown.size();
    return Error(ErrorCode::conflict,
                 fmt::format("nothing was deleted: with {} would go its tag{} {}{}; say --yes if that is meant, or "
                             "delete a tag alone: {}:{}",
                             name_of(deletion), tags.size() == 1 ? "" : "s", fmt::join(shown, ", "),
                             more > 0 ? fmt::format(" and {} more (--dry-run lists them)", more) : "", deletion.place,
                             tags.front()));
  }
  return {};
}

void carry_out(Context& context, std::vector<Deletion>& deletions) {
  for (auto& deletion : deletions) {
    auto done = ops::remove(*deletion.store, deletion.planned, system_random(), context.stop());
    if (done) {
      deletion.by = *done;
    } else {
      deletion.error = std::move(done).error();
    }
  }
}

std::string line_of(const Deletion& deletion, bool dry_run) {
  const auto& planned = deletion.planned;
  auto line = fmt::format("{} {}", dry_run ? "to delete" : "deleted", name_of(deletion));
  if (planned.tag) {
    line += "  " + planned.manifest.digest.text() + " stays";
  } else if (!planned.tags.empty()) {
    line += fmt::format("  with its tag{} {}", planned.tags.size() == 1 ? "" : "s", fmt::join(planned.tags, ", "));
  }
  return printable(line) + "\n";
}

std::string deletions_text(const std::vector<Deletion>& deletions, bool dry_run) {
  std::string text;
  for (const auto& deletion : deletions) {
    if (!deletion.error) text += line_of(deletion, dry_run);
  }
  return text;
}

Json by_json(const Deletion& deletion) {
  if (!deletion.by) return {};
  if (!deletion.planned.tag) return "manifest";
  return deletion.by == ops::RemovedBy::throwaway ? "throwaway" : "tag";
}

Json deletion_json(const Deletion& deletion) {
  Json json;
  json.set("place", deletion.place);
  json.set("tag", deletion.planned.tag ? Json(*deletion.planned.tag) : Json());
  json.set("digest", deletion.planned.manifest.digest.text());
  json.set("tags", texts(deletion.planned.tags));
  json.set("by", by_json(deletion));
  json.set("error", deletion.error ? Json(deletion.error->message()) : Json());
  return json;
}

Json deletions_json(const std::vector<Deletion>& deletions, bool dry_run) {
  Json::Array images;
  for (const auto& deletion : deletions) images.push_back(deletion_json(deletion));
  Json json;
  json.set("dryRun", dry_run);
  json.set("images", std::move(images));
  return json;
}

/// Says what failed beside what was shown, and what all of it comes to.
Result<int> end_with(Context& context, std::vector<Deletion>& deletions, const View& view) {
  SharedStatus status;
  for (const auto& deletion : deletions) {
    if (deletion.error) status.add(deletion.error->code());
  }
  if (deletions.size() == 1 && deletions.front().error) return *std::move(deletions.front().error);
  DRAY_TRY(context.output().show(view));
  for (const auto& deletion : deletions) {
    if (deletion.error) context.note("dray: " + printable(deletion.error->message()));
  }
  return status.get();
}

Result<int> run_delete(Context& context, const Input& input) {
  const bool dry_run = input.has("--dry-run");
  DRAY_TRY_ASSIGN(const auto jobs, Context::jobs(input));
  DRAY_TRY_ASSIGN(const auto groups, open_groups(context, input.all_arguments("IMAGE")));
  DRAY_TRY_ASSIGN(auto deletions, plan(groups, jobs, context.stop()));
  if (!dry_run && !input.has("--yes")) DRAY_TRY(check_meant(deletions));
  if (!dry_run) {
    carry_out(context, deletions);
    for (const auto& group : groups) DRAY_TRY(group.store->finish(context.stop()));
  }
  View view;
  view.table = [&](bool) { return deletions_text(deletions, dry_run); };
  view.json = [&] { return deletions_json(deletions, dry_run); };
  return end_with(context, deletions, view);
}

}  // namespace

Command delete_command() {
  return {
      .name = "delete",
      .group = "Change",
      .summary = "Delete a tag alone, or a manifest by digest",
      .arguments = {{"IMAGE",
                     "NAME:TAG: the tag alone; NAME:TAG@DIGEST: while it points there; NAME@DIGEST: the manifest and "
                     "every tag on it",
                     true, true}},
      .options = {{"--yes,-y", "", "a manifest by digest goes with all its tags"},
                  {"--dry-run", "", "say what would be deleted, and delete nothing"}},
      .examples = {{"dray delete localhost:5000/app:old", "the manifest stays, and so does every other tag on it"},
                   {"dray delete localhost:5000/app@sha256:9455ca49…", "refused while it has tags, which are listed"},
                   {"dray delete --yes localhost:5000/app@sha256:9455ca49…", "the manifest and all of its tags"}},
      .details =
          "All images are looked at before the first is deleted. A registry that cannot delete a tag, but manifests, "
          "is\n"
          "given a manifest of its own under the tag, and that is deleted by digest (docs/delete.md).",
      .run = run_delete};
}

}  // namespace dray::cli
