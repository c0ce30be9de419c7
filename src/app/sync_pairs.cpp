#include "sync_pairs.hpp"

#include <algorithm>

namespace dray {
namespace {

bool has(const std::vector<std::string>& tags, const std::string& tag) {
  return std::ranges::find(tags, tag) != tags.end();
}

bool is_protected(const SyncPair& by, const std::string& tag) {
  return has(by.wanted, tag) || (!by.choice.remove && covers(by.choice, tag));
}

}  // namespace

bool SyncPair::is_whole() const { return !report.error && report.tags.count(ops::TagOutcome::failed) == 0; }

bool covers(const settings::SyncChoice& choice, const std::string& tag) {
  return choice.tag_names.empty() ? choice.tags.takes(tag) : has(choice.tag_names, tag);
}

std::vector<std::string> wanted_of(const settings::SyncChoice& choice, const std::vector<std::string>& listed) {
  std::vector<std::string> wanted;
  std::ranges::copy_if(listed, std::back_inserter(wanted), [&](const auto& tag) { return covers(choice, tag); });
  return wanted;
}

std::string choice_text(const settings::SyncChoice& choice) {
  std::string text;
  for (const auto& platform : choice.platforms) text += (text.empty() ? "" : ",") + platform.text();
  if (choice.sparse) text += " sparse";
  // As it was before there was a choice, so that a state from then still holds.
  if (choice.foreign == settings::SyncForeign::keep) text += " foreign=keep";
  if (choice.foreign == settings::SyncForeign::skip) text += " foreign=skip";
  return text;
}

SyncState::Pair state_key(const SyncPair& pair) {
  return {pair.source.text(), pair.destination.text(), choice_text(pair.choice)};
}

bool is_digest_tag(std::string_view tag) {
  constexpr std::string_view prefix = "sha256-";
  constexpr std::size_t hex_chars = 64;
  if (!tag.starts_with(prefix)) return false;
  tag.remove_prefix(prefix.size());
  const auto hex = tag.substr(0, tag.find('.'));
  return hex.size() == hex_chars && hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<std::string> tags_to_delete(const SyncPair& pair, const std::vector<SyncPair>& all,
                                        const std::vector<std::string>& at_destination) {
  const std::set<std::string> listed(pair.listed.begin(), pair.listed.end());
  std::vector<std::string> result;
  for (const auto& tag : at_destination) {
    if (listed.contains(tag) || is_digest_tag(tag) || !covers(pair.choice, tag)) continue;
    const bool wanted_by_another =
        std::ranges::any_of(all, [&](const SyncPair& other) { return &other != &pair && is_protected(other, tag); });
    if (!wanted_by_another) result.push_back(tag);
  }
  return result;
}

}  // namespace dray
