#include "directory_folder.hpp"

#include <dray/base/clock.hpp>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>

#include "directory_names.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

namespace names = directory_names;

constexpr std::string_view version_text = "Directory Transport Version: 1.1\n";
constexpr std::string_view known_versions = "Directory Transport Version: 1.";
constexpr std::uint64_t max_version_bytes = 1024;

/// A folder without the file was written before there were versions.
Result<void> check_version(const Directory& root) {
  const auto text = read_file(root, names::version_file, max_version_bytes);
  if (!text && text.error().code() == ErrorCode::not_found) return {};
  if (!text) return text.error();
  if (text->starts_with(known_versions)) return {};
  return Error(ErrorCode::unsupported,
               (root.path() / names::version_file).string() + ": only version 1 of the directory transport is known");
}

}  // namespace

Result<DirectoryFolder> DirectoryFolder::open(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto root, Directory::open(path));
  DRAY_TRY_ASSIGN(const bool image, root.exists(names::root_manifest));
  if (!image) {
    return Error(ErrorCode::not_found,
                 "the folder " + path.string() + " holds no image of dir: it has no file manifest.json");
  }
  DRAY_TRY(check_version(root));
  return DirectoryFolder(std::move(root));
}

Result<DirectoryFolder> DirectoryFolder::create(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto root, Directory::create(path));
  DRAY_TRY(check_not_foreign(root, names::version_file, "dir: image"));
  DRAY_TRY_ASSIGN(const bool there, root.exists(names::version_file));
  if (!there) {
    DRAY_TRY_ASSIGN(const auto lock, lock_temporary(root, manifest_lock, system_clock(), {}));
    DRAY_TRY(replace_file(root, names::version_file, version_text));
  }
  DRAY_TRY(check_version(root));
  return DirectoryFolder(std::move(root));
}

Result<std::string> DirectoryFolder::read_root() const {
  auto text = read_file(*root_, names::root_manifest, limits::max_manifest_bytes);
  if (!text && text.error().code() == ErrorCode::not_found) {
    return Error(ErrorCode::not_found, "there is no image yet: it has no file manifest.json");
  }
  return text;
}

Result<void> DirectoryFolder::remove_signatures() const {
  DRAY_TRY_ASSIGN(const auto all, root_->list(max_directory_files));
  for (const auto& name : all) {
    if (names::is_root_signature(name)) DRAY_TRY(root_->remove_file(name));
  }
  return {};
}

Result<void> DirectoryFolder::replace_root(std::string_view manifest, const std::stop_token& stop) const {
  DRAY_TRY_ASSIGN(const auto lock, lock_temporary(*root_, manifest_lock, system_clock(), stop));
  const auto old = read_root();
  if (old && *old == manifest) return {};
  return replace_file(*root_, names::root_manifest, manifest, [this] { return remove_signatures(); });
}

Result<void> DirectoryFolder::write_child(const RawManifest& manifest, const std::stop_token& stop) const {
  DRAY_TRY_ASSIGN(const auto lock, lock_temporary(*root_, manifest_lock, system_clock(), stop));
  const auto& digest = manifest.descriptor.digest;
  const auto old = read_child(*root_, digest);
  if (old && *old == manifest.bytes) return {};
  return replace_file(*root_, names::manifest(digest), manifest.bytes);
}

Digest digest_of(std::string_view manifest, DigestAlgorithm algorithm) {
  Digester digester(algorithm);
  digester.update(as_bytes(manifest));
  return digester.finish();
}

Result<std::string> read_child(const Directory& root, const Digest& digest) {
  auto text = read_file(root, names::manifest(digest), limits::max_manifest_bytes);
  if (text || text.error().code() != ErrorCode::not_found) return text;
  return read_file(root, names::long_manifest(digest), limits::max_manifest_bytes);
}

}  // namespace dray
