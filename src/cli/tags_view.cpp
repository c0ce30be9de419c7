#include "tags_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "render.hpp"
#include "table.hpp"
#include "text.hpp"

namespace dray::cli {
namespace {

using ops::TagOutcome;

Json digest_or_null(const std::optional<Digest>& digest) { return digest ? Json(digest->text()) : Json(); }

std::string_view word(TagOutcome outcome, bool dry_run) {
  return dry_run && outcome == TagOutcome::copied ? "to copy" : name(outcome);
}

std::string digests_of(const ops::TagReport& tag) {
  if (!tag.destination) return tag.source ? tag.source->text() : "";
  if (!tag.source || *tag.source == *tag.destination) return tag.destination->text();
  return tag.destination->text() + " of " + tag.source->text();
}

std::string why(const ops::TagReport& tag) {
  if (tag.error) return tag.error->message();
  std::string text;
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  for (const auto& reason : tag.reasons) add(reason);
  if (!tag.left.empty()) add(counted(tag.left.size(), "layer") + " left behind URLs");
  if (const auto line = referrers_line(tag.referrers); !line.empty()) add(line);
  return text;
}

}  // namespace

Json tags_json(const std::vector<ops::TagReport>& tags) {
  Json::Array array;
  for (const auto& tag : tags) {
    Json json;
    json.set("tag", tag.tag);
    json.set("outcome", std::string(name(tag.outcome)));
    json.set("sourceDigest", digest_or_null(tag.source));
    json.set("digest", digest_or_null(tag.destination));
    json.set("bytes", tag.bytes);
    json.set("reasons", texts(tag.reasons));
    Json::Array left;
    for (const auto& layer : tag.left) left.push_back(descriptor_json(layer));
    json.set("left", std::move(left));
    json.set("referrers", referrers_sums_json(tag.referrers));
    json.set("error", tag.error ? Json(tag.error->message()) : Json());
    array.push_back(std::move(json));
  }
  return array;
}

std::string tags_table(const std::vector<ops::TagReport>& tags, bool dry_run, bool colour) {
  Table table({{"TAG"}, {"WHAT"}, {"BYTES", Table::Align::right}, {"DIGEST"}, {"WHY"}});
  bool any = false;
  for (const auto& tag : tags) {
    const bool any_along = tag.referrers.copied + tag.referrers.tags + tag.referrers.missing.size() > 0;
    if (tag.outcome == TagOutcome::unchanged && !any_along) continue;
    any = true;
    table.add({tag.tag, std::string(word(tag.outcome, dry_run)), grouped(tag.bytes), digests_of(tag), why(tag)});
  }
  return any ? table.text(2, colour) : "";
}

std::string tags_sums(const std::vector<ops::TagReport>& tags, bool dry_run) {
  std::string sums;
  for (const auto outcome :
       std::array{TagOutcome::copied, TagOutcome::unchanged, TagOutcome::kept, TagOutcome::failed}) {
    const auto count = std::ranges::count(tags, outcome, &ops::TagReport::outcome);
    if (count > 0) sums += fmt::format("{} {} {}", sums.empty() ? "" : ",", count, word(outcome, dry_run));
  }
  return counted(tags.size(), "tag") + (sums.empty() ? "" : ":" + sums);
}

void add_errors(SharedStatus& status, const std::vector<ops::TagReport>& tags) {
  for (const auto& tag : tags) {
    if (tag.error) status.add(tag.error->code());
  }
}

}  // namespace dray::cli
