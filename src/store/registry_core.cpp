#include "registry_core.hpp"

#include <dray/core/limits.hpp>

namespace dray {

void WantedDigests::note(const Digest& digest, Time now) {
  const std::lock_guard lock(mutex_);
  if (noted_.size() >= limits::max_wanted_digests && !noted_.contains(digest)) {
    // Whoever asks whether one of these was wanted is told yes from now on.
    noted_.clear();
    overflowed_ = now;
  }
  noted_.insert_or_assign(digest, now);
}

bool WantedDigests::noted_since(const Digest& digest, Time since) const {
  const std::lock_guard lock(mutex_);
  if (overflowed_ && *overflowed_ >= since) return true;
  const auto found = noted_.find(digest);
  return found != noted_.end() && found->second >= since;
}

void WantedDigests::prune(Time since) {
  const std::lock_guard lock(mutex_);
  std::erase_if(noted_, [&](const auto& entry) { return entry.second < since; });
  if (overflowed_ && *overflowed_ < since) overflowed_.reset();
}

void BirthList::begin() {
  const std::lock_guard lock(mutex_);
  listening_ = true;
  born_.clear();
}

void BirthList::end() {
  const std::lock_guard lock(mutex_);
  listening_ = false;
  born_.clear();
}

void BirthList::add(const std::string& repository, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  if (listening_) born_.push_back({.repository = repository, .digest = digest});
}

std::vector<BornManifest> BirthList::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(born_, {});
}

UploadTable::UploadTable() : resting_(limits::max_resting_digesters) {}

bool UploadTable::hold(const std::string& id, Held held) {
  const std::lock_guard lock(mutex_);
  return held_.emplace(id, std::move(held)).second;
}

void UploadTable::release(const std::string& id) {
  const std::lock_guard lock(mutex_);
  held_.erase(id);
}

void UploadTable::set_synced(const std::string& id, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  if (const auto found = held_.find(id); found != held_.end()) found->second.synced = offset;
}

std::optional<UploadTable::Held> UploadTable::held(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(id);
  if (found == held_.end()) return std::nullopt;
  return found->second;
}

void UploadTable::rest(const std::string& id, Digester digester, std::uint64_t offset) {
  resting_.put(id, {.digester = std::make_shared<Digester>(std::move(digester)), .offset = offset}, 1);
}

Result<void> RegistryCore::check_writable() const {
  if (writable()) return {};
  return Error(ErrorCode::denied, "the registry's folder " + tree.root().path().string() + " was opened for reading");
}

}  // namespace dray
