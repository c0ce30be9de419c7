#include "registry_upload_state.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

namespace dray {
namespace {

using registry_paths::inside;
using registry_paths::upload_file;
using registry_paths::upload_state;

/// Distribution's own hash states: `hashstates/<algorithm>/<offset>`.
Result<void> remove_hash_states(const RegistryTree& tree, const std::string& folder) {
  const auto states = tree.root().open_directory(folder + "/hashstates");
  if (!states) return {};
  DRAY_TRY_ASSIGN(const auto algorithms, states->list_entries(limits::max_list_entries));
  for (const auto& algorithm : algorithms) {
    if (algorithm.kind != FileStatus::Kind::directory) continue;
    DRAY_TRY_ASSIGN(const auto offsets, states->open_directory(algorithm.name));
    DRAY_TRY_ASSIGN(const auto names, offsets.list(limits::max_list_entries));
    for (const auto& name : names) {
      if (name.find_first_not_of("0123456789") == std::string::npos) DRAY_TRY(offsets.remove_file(name));
    }
    DRAY_TRY(states->remove_empty_directory(algorithm.name));
  }
  return tree.root().remove_empty_directory(folder + "/hashstates");
}

}  // namespace

std::string UploadState::serialize() const {
  Json json;
  json.set("repository", repository);
  json.set("owner", owner);
  json.set("offset", offset);
  json.set("started", static_cast<std::int64_t>(std::chrono::system_clock::to_time_t(started)));
  return json.dump();
}

Result<UploadState> UploadState::parse(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(text));
  const auto* const repository = json.find("repository");
  const auto* const owner = json.find("owner");
  const auto* const offset = json.find("offset");
  const auto* const started = json.find("started");
  if (repository == nullptr || repository->as_string() == nullptr || owner == nullptr ||
      owner->as_string() == nullptr || offset == nullptr || !offset->as_uint() || started == nullptr ||
      !started->as_int()) {
    return Error(ErrorCode::invalid_input, "it lacks a repository, an owner, an offset or a time");
  }
  return UploadState{.repository = *repository->as_string(),
                     .owner = *owner->as_string(),
                     .offset = *offset->as_uint(),
                     .started = std::chrono::system_clock::from_time_t(*started->as_int())};
}

Result<std::optional<UploadState>> read_upload_state(const RegistryTree& tree, const std::string& id) {
  const auto text = read_file(tree.root(), upload_state(id).path(), limits::max_upload_state_bytes);
  if (!text && text.error().code() == ErrorCode::not_found) return std::optional<UploadState>();
  if (!text) return text.error();
  DRAY_TRY_ASSIGN(auto state, UploadState::parse(*text).transform_error([&](Error error) {
    return std::move(error).with_code(ErrorCode::io).context("the state of the upload " + id);
  }));
  return std::optional<UploadState>(std::move(state));
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

Result<void> remove_upload_files(const RegistryTree& tree, const std::string& repository, const std::string& id) {
  const auto folder = inside(repository, "_uploads/" + id);
  const auto& root = tree.root();
  DRAY_TRY(root.remove_file(folder + "/data"));
  DRAY_TRY(root.remove_file(folder + "/startedat"));
  DRAY_TRY(remove_hash_states(tree, folder));
  DRAY_TRY(root.remove_empty_directory(folder));
  return root.remove_file(upload_state(id).path());
}

Result<std::string> make_upload_id() {
  std::array<unsigned char, 16> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return errno_error("draw a random name", errno);
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += digits[random[i] >> 4U];
    id += digits[random[i] & 15U];
  }
  return id;
}

}  // namespace dray
