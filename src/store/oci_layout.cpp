#include <dray/store/oci_layout.hpp>

#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/referrers.hpp>
#include <dray/store/verify.hpp>

#include "oci_layout_state.hpp"
#include "raw_manifest.hpp"

namespace dray {

Result<RawManifest> OciLayout::State::read_listed(const Descriptor& entry) const {
  if (entry.size > limits::max_manifest_bytes) {
    return in_context({ErrorCode::limit_exceeded, "manifest " + entry.digest.text() + " is larger than " +
                                                      std::to_string(limits::max_manifest_bytes) + " bytes"});
  }
  auto bytes = read_file(root(), blob_path(entry.digest), limits::max_manifest_bytes);
  if (!bytes && bytes.error().code() == ErrorCode::not_found) {
    return in_context({ErrorCode::not_found, "index.json lists " + entry.digest.text() + ", but its blob is missing"});
  }
  if (!bytes) return std::move(bytes).error();
  RawManifest manifest{.descriptor = entry, .bytes = std::move(*bytes)};
  DRAY_TRY(check_manifest(manifest).transform_error([this](Error error) { return in_context(std::move(error)); }));
  return manifest;
}

/// A manifest that only another manifest names: any blob that reads as one.
Result<RawManifest> OciLayout::State::read_unlisted(const Digest& digest) const {
  const auto size = root().file_size(blob_path(digest));
  if (!size && size.error().code() != ErrorCode::not_found) return size.error();
  if (!size) return in_context({ErrorCode::not_found, "there is no manifest " + digest.text()});
  if (*size > limits::max_manifest_bytes) {
    return in_context({ErrorCode::not_found, "the blob " + digest.text() + " is too large to be a manifest"});
  }
  DRAY_TRY_ASSIGN(auto bytes, read_file(root(), blob_path(digest), limits::max_manifest_bytes));
  auto manifest = manifest_from(std::move(bytes), digest);
  if (manifest) return manifest;
  auto error = std::move(manifest).error();
  if (error.code() == ErrorCode::digest_mismatch) return in_context(std::move(error));
  return in_context({ErrorCode::not_found, "the blob " + digest.text() + " is no manifest"});
}

OciLayout::OciLayout(std::unique_ptr<State> state) : state_(std::move(state)) {}

OciLayout::~OciLayout() {
  if (state_->written) state_->remove_leftovers();
}

Result<std::shared_ptr<OciLayout>> OciLayout::open(const std::filesystem::path& folder) {
  DRAY_TRY_ASSIGN(auto opened, LayoutFolder::open(folder));
  return std::shared_ptr<OciLayout>(new OciLayout(std::make_unique<State>(std::move(opened))));
}

Result<std::shared_ptr<OciLayout>> OciLayout::create(const std::filesystem::path& folder) {
  DRAY_TRY_ASSIGN(auto created, LayoutFolder::create(folder));
  auto state = std::make_unique<State>(std::move(created));
  state->written = true;
  return std::shared_ptr<OciLayout>(new OciLayout(std::move(state)));
}

std::string OciLayout::describe() const { return "oci:" + state_->root().path().string(); }

Result<Descriptor> OciLayout::resolve(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  if (const auto* const tag = std::get_if<std::string>(&name)) {
    return index.find(*tag).transform_error([this](Error error) { return state_->in_context(std::move(error)); });
  }
  const auto& digest = std::get<Digest>(name);
  if (const auto* const found = index.find(digest)) return *found;
  DRAY_TRY_ASSIGN(auto manifest, state_->read_unlisted(digest));
  return std::move(manifest.descriptor);
}

Result<RawManifest> OciLayout::get_manifest(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  if (const auto* const digest = std::get_if<Digest>(&name)) {
    const auto* const found = index.find(*digest);
    return found != nullptr ? state_->read_listed(*found) : state_->read_unlisted(*digest);
  }
  DRAY_TRY_ASSIGN(const auto entry, index.find(std::get<std::string>(name)).transform_error([this](Error error) {
    return state_->in_context(std::move(error));
  }));
  return state_->read_listed(entry);
}

Result<OpenedBlob> OciLayout::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                        const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->blobs.open(blob, range).transform_error([this](Error error) {
    return state_->in_context(std::move(error));
  });
}

std::optional<FileDescriptor> OciLayout::blob_file(const Descriptor& blob, const std::stop_token& /*stop*/) {
  return state_->blobs.file(blob);
}

Result<std::vector<std::string>> OciLayout::list_tags(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  return index.names();
}

Result<std::vector<std::pair<std::string, Digest>>> OciLayout::list_tag_digests(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  std::vector<std::pair<std::string, Digest>> tags;
  for (auto& tag : index.names()) {
    auto entry = index.find(tag);
    if (entry) tags.emplace_back(std::move(tag), std::move(entry->digest));
  }
  return tags;
}

Result<std::vector<Descriptor>> OciLayout::list_manifests() {
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  return index.entries();
}

Result<bool> OciLayout::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->blobs.has(blob);
}

Result<void> OciLayout::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  state_->written = true;
  return state_->blobs.put(expected, open, stop);
}

Result<std::unique_ptr<PositionedWriter>> OciLayout::begin_blob(const Descriptor& blob, const std::stop_token& stop) {
  state_->written = true;
  DRAY_TRY_ASSIGN(auto partial, state_->blobs.begin(blob, stop));
  return std::unique_ptr<PositionedWriter>(std::move(partial));
}

Result<bool> OciLayout::has_manifest(const Digest& digest, const std::stop_token& stop) {
  const auto found = get_manifest(digest, stop);
  if (found) return true;
  const auto code = found.error().code();
  if (code == ErrorCode::not_found || code == ErrorCode::digest_mismatch) return false;
  return found.error();
}

Result<void> OciLayout::put_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY(check_manifest(manifest));
  DRAY_TRY(state_->store_manifest(manifest, stop));
  return list_as_referrer(manifest, stop);
}

Result<void> OciLayout::State::store_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  written = true;
  // Whatever stands under the name and is not the manifest would be taken for it by its size alone.
  const auto old = read_file(root(), blob_path(manifest.descriptor.digest), limits::max_manifest_bytes);
  if (old && *old == manifest.bytes) return {};
  if (old) DRAY_TRY(root().remove_file(blob_path(manifest.descriptor.digest)));
  return blobs.put(
      manifest.descriptor,
      [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(manifest.bytes); }, stop);
}

Result<void> OciLayout::set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(parse_tag(tag));
  DRAY_TRY(put_manifest(manifest, stop));
  state_->written = true;
  return state_->folder.change_index(
      [&](LayoutIndex& index) -> Result<bool> { return index.set_name(tag, manifest.descriptor); }, stop);
}

Result<void> OciLayout::add_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(put_manifest(manifest, stop));
  state_->written = true;
  return state_->folder.change_index([&](LayoutIndex& index) -> Result<bool> { return index.add(manifest.descriptor); },
                                     stop);
}

Result<void> OciLayout::remove_tag(const std::string& tag, const std::stop_token& stop) {
  state_->written = true;
  return state_->folder.change_index(
      [&](LayoutIndex& index) -> Result<bool> {
        DRAY_TRY(index.remove_name(tag).transform_error(
            [this](Error error) { return state_->in_context(std::move(error)); }));
        return true;
      },
      stop);
}

Result<void> OciLayout::remove_manifest(const Digest& digest, const std::stop_token& stop) {
  state_->written = true;
  const auto manifest = state_->read_unlisted(digest);
  const auto referral = manifest ? referral_of(*manifest) : std::nullopt;
  bool listed = false;
  DRAY_TRY(state_->folder.change_index(
      [&](LayoutIndex& index) -> Result<bool> {
        DRAY_TRY_ASSIGN(listed, index.remove(digest));
        return listed;
      },
      stop));
  DRAY_TRY_ASSIGN(const bool stored, state_->blobs.remove(digest));
  if (referral) DRAY_TRY(unlist_referrer(*referral, stop));
  if (listed || stored) return {};
  return state_->in_context({ErrorCode::not_found, "there is no manifest " + digest.text()});
}

Result<void> OciLayout::remove_blob(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const bool stored, state_->blobs.remove(digest));
  if (stored) return {};
  return state_->in_context({ErrorCode::not_found, "there is no blob " + digest.text()});
}

Result<void> OciLayout::finish(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  if (state_->written) state_->remove_leftovers();
  return {};
}

Result<std::uint64_t> OciLayout::free_bytes() { return state_->root().free_bytes(); }

Result<std::uint64_t> OciLayout::set_aside_bytes(const Descriptor& blob) { return state_->blobs.set_aside_bytes(blob); }

}  // namespace dray
