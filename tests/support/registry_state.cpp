#include "support/registry_state.hpp"

#include <utility>

namespace dray::testing {

void RegistryState::put_blob(const std::string& repository, const std::string& digest, SharedBytes bytes) {
  const std::lock_guard lock(mutex_);
  repositories_[repository].blobs.insert(digest);
  SharedBytes& stored = blobs_[digest];
  if (bytes) stored = std::move(bytes);
}

bool RegistryState::mount_blob(const std::string& repository, const std::string& digest, const std::string& from) {
  const std::lock_guard lock(mutex_);
  const auto source = repositories_.find(from);
  if (source == repositories_.end() || !source->second.blobs.contains(digest)) return false;
  repositories_[repository].blobs.insert(digest);
  return true;
}

bool RegistryState::has_blob(const std::string& repository, const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = repositories_.find(repository);
  return found != repositories_.end() && found->second.blobs.contains(digest);
}

SharedBytes RegistryState::blob_bytes(const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = blobs_.find(digest);
  return found == blobs_.end() ? nullptr : found->second;
}

void RegistryState::replace_blob(const std::string& digest, SharedBytes bytes) {
  const std::lock_guard lock(mutex_);
  blobs_[digest] = std::move(bytes);
}

bool RegistryState::remove_blob(const std::string& repository, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = repositories_.find(repository);
  return found != repositories_.end() && found->second.blobs.erase(digest) > 0;
}

void RegistryState::put_manifest(const std::string& repository, StoredManifest manifest) {
  const std::lock_guard lock(mutex_);
  const std::string digest = manifest.digest;
  repositories_[repository].manifests.insert_or_assign(digest, std::move(manifest));
}

void RegistryState::set_tag(const std::string& repository, const std::string& tag, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  repositories_[repository].tags[tag] = digest;
}

std::optional<StoredManifest> RegistryState::manifest(const std::string& repository,
                                                      const std::string& reference) const {
  const std::lock_guard lock(mutex_);
  const auto place = repositories_.find(repository);
  if (place == repositories_.end()) return std::nullopt;
  const auto tag = place->second.tags.find(reference);
  const auto found = place->second.manifests.find(tag == place->second.tags.end() ? reference : tag->second);
  if (found == place->second.manifests.end()) return std::nullopt;
  return found->second;
}

bool RegistryState::remove_manifest(const std::string& repository, const std::string& reference) {
  const std::lock_guard lock(mutex_);
  const auto place = repositories_.find(repository);
  if (place == repositories_.end()) return false;
  if (place->second.tags.erase(reference) > 0) return true;
  std::erase_if(place->second.tags, [&](const auto& tag) { return tag.second == reference; });
  return place->second.manifests.erase(reference) > 0;
}

bool RegistryState::has_repository(const std::string& repository) const {
  const std::lock_guard lock(mutex_);
  return repositories_.contains(repository);
}

std::vector<std::string> RegistryState::tags(const std::string& repository) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  const auto place = repositories_.find(repository);
  if (place == repositories_.end()) return names;
  for (const auto& [tag, digest] : place->second.tags) names.push_back(tag);
  return names;
}

std::vector<std::string> RegistryState::repositories() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, repository] : repositories_) names.push_back(name);
  return names;
}

std::string RegistryState::begin_upload(const std::string& repository) {
  const std::lock_guard lock(mutex_);
  std::string id = "upload-" + std::to_string(++next_upload_);
  uploads_[id].repository = repository;
  return id;
}

std::optional<UploadPosition> RegistryState::upload(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return std::nullopt;
  return found->second.position();
}

UploadPosition RegistryState::append_upload(const std::string& id, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  Upload& upload = uploads_[id];
  upload.bytes.append(bytes);
  ++upload.step;
  return upload.position();
}

std::string RegistryState::take_upload(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto node = uploads_.extract(id);
  return node.empty() ? std::string() : std::move(node.mapped().bytes);
}

std::size_t RegistryState::open_uploads() const {
  const std::lock_guard lock(mutex_);
  return uploads_.size();
}

}  // namespace dray::testing
