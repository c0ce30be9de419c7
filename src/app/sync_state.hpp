#pragma once

#include <dray/base/file.hpp>
#include <dray/core/digest.hpp>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

namespace dray {

/// What a tag stood for at both ends when it was last in sync.
struct SyncedTag {
  Digest source;
  Digest destination;
  friend bool operator==(const SyncedTag&, const SyncedTag&) = default;
};

/// What `sync` remembers of the destinations. A value; docs/sync.md tells its form on disk.
class SyncState {
 public:
  /// A source, a destination, and what was chosen of the images (platforms, sparse): another choice is another copy.
  using Pair = std::tuple<std::string, std::string, std::string>;
  using Tags = std::map<std::string, SyncedTag>;

  /// `invalid_input` for what is no state of this version.
  [[nodiscard]] static Result<SyncState> parse(std::string_view text);
  /// At most `max_sync_state_tags`; the rest is left out.
  [[nodiscard]] std::string text() const;

  /// nullptr where nothing is known of it.
  [[nodiscard]] const Tags* find(const Pair& pair) const;
  void set(const Pair& pair, Tags tags) { pairs_.insert_or_assign(pair, std::move(tags)); }
  /// Forgets all others.
  void keep_only(const std::set<Pair>& pairs);

  friend bool operator==(const SyncState&, const SyncState&) = default;

 private:
  std::map<Pair, Tags> pairs_;
};

/// The file that holds it, locked by `FILE.lock` beside it for as long as this lives.
class SyncStateFile {
 public:
  /// `conflict` when somebody else has it. A file that is absent is an empty state.
  [[nodiscard]] static Result<SyncStateFile> open(const std::filesystem::path& path);
  [[nodiscard]] SyncState& state() noexcept { return state_; }
  [[nodiscard]] Result<void> save() const;

 private:
  SyncStateFile(Directory directory, std::string name, FileDescriptor lock, SyncState state)
      : directory_(std::move(directory)), name_(std::move(name)), lock_(std::move(lock)), state_(std::move(state)) {}
  Directory directory_;
  std::string name_;
  FileDescriptor lock_;
  SyncState state_;
};

}  // namespace dray
