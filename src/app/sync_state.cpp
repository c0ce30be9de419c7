#include "sync_state.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <utility>

namespace dray {
namespace {

constexpr std::int64_t form = 1;

Error no_state(const std::string& why) { return {ErrorCode::invalid_input, "it is no state of `dray sync`: " + why}; }

Result<std::string> text_of(const Json& json, std::string_view key) {
  const auto* member = json.find(key);
  const auto* text = member == nullptr ? nullptr : member->as_string();
  if (text == nullptr) return no_state("'" + std::string(key) + "' must be a text");
  return *text;
}

Result<Digest> digest_of(const Json& json, std::string_view key) {
  DRAY_TRY_ASSIGN(const auto text, text_of(json, key));
  auto digest = Digest::parse(text);
  if (!digest) return no_state(digest.error().message());
  return digest;
}

Result<SyncState::Tags> tags_of(const Json& place) {
  SyncState::Tags tags;
  const auto* member = place.find("tags");
  const auto* object = member == nullptr ? nullptr : member->as_object();
  if (object == nullptr) return no_state("'tags' must be an object");
  for (const auto& [tag, value] : *object) {
    DRAY_TRY_ASSIGN(const auto source, digest_of(value, "source"));
    DRAY_TRY_ASSIGN(const auto destination, digest_of(value, "destination"));
    tags.insert_or_assign(tag, SyncedTag{source, destination});
  }
  return tags;
}

}  // namespace

Result<SyncState> SyncState::parse(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(text));
  const auto* version = json.find("version");
  if (version == nullptr || version->as_int() != form) return no_state("'version' must be " + std::to_string(form));
  const auto* member = json.find("places");
  const auto* places = member == nullptr ? nullptr : member->as_array();
  if (places == nullptr) return no_state("'places' must be a list");
  SyncState state;
  for (const auto& place : *places) {
    DRAY_TRY_ASSIGN(auto source, text_of(place, "source"));
    DRAY_TRY_ASSIGN(auto destination, text_of(place, "destination"));
    DRAY_TRY_ASSIGN(auto choice, text_of(place, "choice"));
    DRAY_TRY_ASSIGN(auto tags, tags_of(place));
    state.set({std::move(source), std::move(destination), std::move(choice)}, std::move(tags));
  }
  return state;
}

std::string SyncState::text() const {
  std::size_t left = limits::max_sync_state_tags;
  Json::Array places;
  for (const auto& [pair, tags] : pairs_) {
    Json place;
    place.set("source", std::get<0>(pair));
    place.set("destination", std::get<1>(pair));
    place.set("choice", std::get<2>(pair));
    Json::Object object;
    for (const auto& [tag, synced] : tags) {
      if (left == 0) break;
      --left;
      Json value;
      value.set("source", synced.source.text());
      value.set("destination", synced.destination.text());
      object.push_back({tag, std::move(value)});
    }
    place.set("tags", std::move(object));
    places.push_back(std::move(place));
  }
  Json json;
  json.set("version", form);
  json.set("places", std::move(places));
  return json.dump() + "\n";
}

const SyncState::Tags* SyncState::find(const Pair& pair) const {
  const auto at = pairs_.find(pair);
  return at == pairs_.end() ? nullptr : &at->second;
}

void SyncState::keep_only(const std::set<Pair>& pairs) {
  std::erase_if(pairs_, [&](const auto& known) { return !pairs.contains(known.first); });
}

Result<SyncStateFile> SyncStateFile::open(const std::filesystem::path& path) {
  const auto in_context = [&](Error error) { return std::move(error).context("state file " + path.string()); };
  const auto name = path.filename().string();
  if (name.empty()) return in_context(Error(ErrorCode::invalid_input, "it must be a file"));
  auto directory = Directory::open(path.has_parent_path() ? path.parent_path() : ".");
  if (!directory) return in_context(std::move(directory).error());
  auto lock = directory->open_or_create_file(name + ".lock");
  if (!lock) return in_context(std::move(lock).error());
  DRAY_TRY_ASSIGN(const bool mine, try_lock(*lock));
  if (!mine) return in_context(Error(ErrorCode::conflict, "another `dray sync` works with it"));
  auto text = read_file(*directory, name, limits::max_sync_state_bytes);
  SyncState state;
  if (text) {
    auto parsed = SyncState::parse(*text);
    if (!parsed)
      return in_context(Error(parsed.error().code(), parsed.error().message() + "; without it all is asked"));
    state = *std::move(parsed);
  } else if (text.error().code() != ErrorCode::not_found) {
    return in_context(std::move(text).error());
  }
  return SyncStateFile(*std::move(directory), name, *std::move(lock), std::move(state));
}

Result<void> SyncStateFile::save() const {
  const auto text = state_.text();
  return write_file_atomically(directory_, name_, as_bytes(text), 0644).transform_error([&](Error error) {
    return std::move(error).context("state file " + name_);
  });
}

}  // namespace dray
