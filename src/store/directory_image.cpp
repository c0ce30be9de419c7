#include <dray/store/directory_image.hpp>

#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/referrers.hpp>
#include <dray/store/verify.hpp>

#include <atomic>

#include "directory_folder.hpp"
#include "directory_names.hpp"
#include "directory_sweep.hpp"
#include "disk_blobs.hpp"
#include "raw_manifest.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

namespace names = directory_names;

/// The one tag there is.
constexpr std::string_view only_tag = "latest";

/// The folder keeps no types: a document that does not tell its own could not be read again.
Result<void> check_readable(const RawManifest& manifest) {
  DRAY_TRY(check_manifest(manifest));
  const auto type = manifest_media_type(manifest.bytes, {});
  if (!type) return type.error();
  return {};
}

}  // namespace

struct DirectoryImage::State {
  explicit State(DirectoryFolder opened)
      : folder(std::move(opened)), blobs(folder.root(), names::blob, names::long_blob) {}

  DirectoryFolder folder;
  DiskBlobs blobs;
  Guarded<FileDescriptor> writer;  ///< The shared lock of those who write.
  std::atomic<bool> written = false;
  std::atomic<bool> replaced = false;  ///< The image is another one now.

  [[nodiscard]] Error in_context(Error error) const {
    return std::move(error).context("dir:" + folder.root()->path().string());
  }
  template <class T>
  [[nodiscard]] Result<T> in_context(Result<T> result) const {
    return std::move(result).transform_error([this](Error error) { return in_context(std::move(error)); });
  }
  [[nodiscard]] Result<void> begin_writing(const std::stop_token& stop);
  void end_writing() noexcept;
  [[nodiscard]] Result<RawManifest> read(const ManifestName& name) const;
  [[nodiscard]] Result<RawManifest> read_by_digest(const Digest& digest) const;
};

Result<void> DirectoryImage::State::begin_writing(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  written = true;
  return writer.with([&](FileDescriptor& lock) -> Result<void> {
    if (lock) return {};
    DRAY_TRY_ASSIGN(lock, share_temporary(*folder.root(), writers_lock, system_clock(), stop));
    return {};
  });
}

/// Removes what the image that was replaced has left, if nobody else may need it for the next one.
void DirectoryImage::State::end_writing() noexcept {
  if (!written) return;
  auto lock = writer.with([](FileDescriptor& held) { return std::move(held); });
  if (lock && replaced) {
    const auto alone = try_lock(lock);
    // What cannot be removed takes room and does no harm; the next image's writer tries again.
    if (alone && *alone) (void)sweep_directory(*folder.root());
  }
  lock.close();
  blobs.remove_leftovers({manifest_lock, writers_lock});
}

Result<RawManifest> DirectoryImage::State::read_by_digest(const Digest& digest) const {
  auto child = read_child(*folder.root(), digest);
  if (child) return manifest_from(std::move(*child), digest);
  if (child.error().code() != ErrorCode::not_found) return std::move(child).error();
  auto root = folder.read_root();
  if (root && digest_of(*root, digest.algorithm()) == digest) return manifest_from(std::move(*root), digest);
  if (!root && root.error().code() != ErrorCode::not_found) return std::move(root).error();
  return Error(ErrorCode::not_found, "there is no manifest " + digest.text());
}

Result<RawManifest> DirectoryImage::State::read(const ManifestName& name) const {
  if (const auto* const digest = std::get_if<Digest>(&name)) return read_by_digest(*digest);
  const auto& tag = std::get<std::string>(name);
  if (tag != only_tag) {
    return Error(ErrorCode::not_found, "there is no tag " + tag + ": the folder holds one image, without a name");
  }
  DRAY_TRY_ASSIGN(auto bytes, folder.read_root());
  const auto digest = Digest::of(as_bytes(bytes));
  return manifest_from(std::move(bytes), digest);
}

DirectoryImage::DirectoryImage(std::unique_ptr<State> state) : state_(std::move(state)) {}

DirectoryImage::~DirectoryImage() {
  if (!state_->written) return;
  state_->writer.with([](FileDescriptor& lock) { lock.close(); });
  state_->blobs.remove_leftovers({manifest_lock, writers_lock});
}

Result<std::shared_ptr<DirectoryImage>> DirectoryImage::open(const std::filesystem::path& folder) {
  DRAY_TRY_ASSIGN(auto opened, DirectoryFolder::open(folder));
  return std::shared_ptr<DirectoryImage>(new DirectoryImage(std::make_unique<State>(std::move(opened))));
}

Result<std::shared_ptr<DirectoryImage>> DirectoryImage::create(const std::filesystem::path& folder) {
  DRAY_TRY_ASSIGN(auto created, DirectoryFolder::create(folder));
  std::shared_ptr<DirectoryImage> image(new DirectoryImage(std::make_unique<State>(std::move(created))));
  DRAY_TRY(image->state_->begin_writing({}));
  return image;
}

std::string DirectoryImage::describe() const { return "dir:" + state_->folder.root()->path().string(); }

Result<Descriptor> DirectoryImage::resolve(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto manifest, get_manifest(name, stop));
  return std::move(manifest.descriptor);
}

Result<RawManifest> DirectoryImage::get_manifest(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->in_context(state_->read(name));
}

Result<OpenedBlob> DirectoryImage::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->in_context(state_->blobs.open(blob, range));
}

std::optional<FileDescriptor> DirectoryImage::blob_file(const Descriptor& blob, const std::stop_token& /*stop*/) {
  return state_->blobs.file(blob);
}

Result<std::vector<std::string>> DirectoryImage::list_tags(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const bool image, state_->folder.root()->exists(names::root_manifest));
  if (!image) return std::vector<std::string>();
  return std::vector<std::string>{std::string(only_tag)};
}

Result<bool> DirectoryImage::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->blobs.has(blob);
}

Result<void> DirectoryImage::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  DRAY_TRY(state_->begin_writing(stop));
  return state_->blobs.put(expected, open, stop);
}

Result<std::unique_ptr<PositionedWriter>> DirectoryImage::begin_blob(const Descriptor& blob,
                                                                     const std::stop_token& stop) {
  DRAY_TRY(state_->begin_writing(stop));
  DRAY_TRY_ASSIGN(auto partial, state_->blobs.begin(blob, stop));
  return std::unique_ptr<PositionedWriter>(std::move(partial));
}

Result<bool> DirectoryImage::has_manifest(const Digest& digest, const std::stop_token& stop) {
  const auto found = get_manifest(digest, stop);
  if (found) return true;
  const auto code = found.error().code();
  if (code == ErrorCode::not_found || code == ErrorCode::digest_mismatch) return false;
  return found.error();
}

Result<void> DirectoryImage::put_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY(state_->in_context(check_readable(manifest)));
  DRAY_TRY(state_->begin_writing(stop));
  return state_->folder.write_child(manifest, stop);
}

Result<void> DirectoryImage::set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY(parse_tag(tag));
  DRAY_TRY(state_->in_context(check_readable(manifest)));
  if (tag != only_tag) {
    return state_->in_context(Error(ErrorCode::unsupported, "it holds one image and no tags, so that it cannot take '" +
                                                                tag + "'; use an OCI layout (oci:DIR) for several"));
  }
  DRAY_TRY(state_->begin_writing(stop));
  DRAY_TRY(state_->folder.replace_root(manifest.bytes, stop));
  state_->replaced = true;
  return {};
}

Result<void> DirectoryImage::remove_tag(const std::string& tag, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->in_context(
      Error(ErrorCode::unsupported, "its image has no tag '" + tag + "' that could be taken away"));
}

Result<void> DirectoryImage::remove_manifest(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(state_->begin_writing(stop));
  const auto& root_folder = *state_->folder.root();
  bool any = false;
  const auto root = state_->folder.read_root();
  if (root && digest_of(*root, digest.algorithm()) == digest) {
    DRAY_TRY(root_folder.remove_file(names::root_manifest));
    any = true;
  }
  for (const auto& name : {names::manifest(digest), names::long_manifest(digest)}) {
    DRAY_TRY_ASSIGN(const bool there, root_folder.exists(name));
    if (there) DRAY_TRY(root_folder.remove_file(name));
    any = any || there;
  }
  if (any) return {};
  return state_->in_context(Error(ErrorCode::not_found, "there is no manifest " + digest.text()));
}

Result<void> DirectoryImage::remove_blob(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const bool stored, state_->blobs.remove(digest));
  if (stored) return {};
  return state_->in_context(Error(ErrorCode::not_found, "there is no blob " + digest.text()));
}

Result<void> DirectoryImage::finish(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  state_->end_writing();
  return {};
}

Result<std::uint64_t> DirectoryImage::free_bytes() { return state_->folder.root()->free_bytes(); }

Result<std::uint64_t> DirectoryImage::set_aside_bytes(const Descriptor& blob) {
  return state_->blobs.set_aside_bytes(blob);
}

Result<std::vector<Descriptor>> DirectoryImage::list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) {
  std::vector<ManifestName> manifests{std::string(only_tag)};
  DRAY_TRY_ASSIGN(const auto files, state_->folder.root()->list(max_directory_files));
  for (const auto& file : files) {
    if (auto digest = names::manifest_in(file)) manifests.emplace_back(*std::move(digest));
  }
  std::vector<Descriptor> found;
  for (const auto& name : manifests) {
    DRAY_TRY(check_running(stop));
    const auto manifest = state_->read(name);
    if (!manifest) continue;  // what cannot be read is no referrer
    auto referral = referral_of(*manifest);
    if (referral && referral->subject == subject) found.push_back(std::move(referral->entry));
  }
  return select_referrers(std::move(found), artifact_type);
}

}  // namespace dray
