#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/core/digester.hpp>
#include <dray/store/registry_folder.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "lru_cache.hpp"
#include "registry_tree.hpp"

namespace dray {

/// Keeps pushes and a collection's single steps apart: many pushes at a time, or one step. A step that waits holds new
/// pushes back, so that it comes to its turn. Not to be entered twice by one thread.
class PushGate {
 public:
  [[nodiscard]] std::shared_lock<std::shared_mutex> enter() {
    const std::lock_guard turn(turnstile_);
    return std::shared_lock(mutex_);
  }
  struct Step {
    std::unique_lock<std::mutex> turn;
    std::unique_lock<std::shared_mutex> lock;
  };
  [[nodiscard]] Step step() {
    std::unique_lock turn(turnstile_);
    return {.turn = std::move(turn), .lock = std::unique_lock(mutex_)};
  }

 private:
  std::mutex turnstile_;
  std::shared_mutex mutex_;
};

/// The digests that somebody asked for, mounted or pushed lately: a push under way may count on them. Safe from many
/// threads.
class WantedDigests {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void note(const Digest& digest, Time now);
  /// True when it was noted at `since` or later, and when too many were to know.
  [[nodiscard]] bool noted_since(const Digest& digest, Time since) const;
  /// Forgets what was noted before `since`.
  void prune(Time since);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<Digest, Time> noted_;
  std::optional<Time> overflowed_;
};

/// A manifest that was pushed while a collection runs.
struct BornManifest {
  std::string repository;
  Digest digest;
};
/// Lets a collection learn of the manifests that were pushed since it began to look. Safe from many threads.
class BirthList {
 public:
  void begin();
  void end();
  void add(const std::string& repository, const Digest& digest);
  [[nodiscard]] std::vector<BornManifest> take();

 private:
  std::mutex mutex_;
  bool listening_ = false;
  std::vector<BornManifest> born_;
};

/// Which uploads somebody holds, and the hashes of those that rest. Safe from many threads.
class UploadTable {
 public:
  struct Held {
    std::string repository;
    std::string owner;
    std::uint64_t synced = 0;
  };
  struct Resting {
    std::shared_ptr<Digester> digester;
    std::uint64_t offset = 0;
  };

  /// False when somebody holds it.
  [[nodiscard]] bool hold(const std::string& id, Held held);
  void release(const std::string& id);
  void set_synced(const std::string& id, std::uint64_t offset);
  [[nodiscard]] std::optional<Held> held(const std::string& id) const;

  void rest(const std::string& id, Digester digester, std::uint64_t offset);
  [[nodiscard]] std::optional<Resting> wake(const std::string& id) { return resting_.take(id); }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Held> held_;
  LruCache<std::string, Resting> resting_;

 public:
  UploadTable();
};

/// What a registry's folder and the uploads into it share; lives as long as the last of them.
struct RegistryCore {
  RegistryCore(Directory root, unsigned mode, std::string run, FileDescriptor held_lock,
               const RegistryFolderOptions& chosen, Clock& with)
      : tree(std::move(root), mode, std::move(run)), lock(std::move(held_lock)), options(chosen), clock(with) {}

  /// Somebody counts on a digest.
  void want(const Digest& digest) {
    if (writable()) wanted.note(digest, clock.now());
  }
  [[nodiscard]] bool writable() const noexcept { return options.use == RegistryFolderOptions::Use::write; }
  /// `denied` for one who only reads.
  [[nodiscard]] Result<void> check_writable() const;

  RegistryTree tree;
  const FileDescriptor lock;
  const RegistryFolderOptions options;
  Clock& clock;
  PushGate gate;
  WantedDigests wanted;
  BirthList births;
  UploadTable uploads;
};

}  // namespace dray
