#include <dray/store/oci_layout.hpp>

#include <dray/base/clock.hpp>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/referrers.hpp>
#include <dray/store/verify.hpp>

#include <vector>

#include "blob_range.hpp"
#include "oci_layout_state.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

constexpr std::size_t copy_buffer_bytes = 256UL * 1024;

Result<void> check_running(const std::stop_token& stop) {
  if (stop.stop_requested()) return Error(ErrorCode::cancelled, "stopped");
  return {};
}

/// Reads the source to its end into the partial file. More or fewer bytes than the blob has are `digest_mismatch`.
Result<void> fill(PartialFile& partial, const Descriptor& blob, ByteSource& source, const std::stop_token& stop) {
  std::vector<std::byte> buffer(copy_buffer_bytes);
  std::uint64_t at = 0;
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, source.read(buffer));
    if (count == 0) break;
    DRAY_TRY(partial.write(at, ByteView(buffer).first(count)));
    at += count;
  }
  if (at == blob.size) return {};
  return Error(ErrorCode::digest_mismatch, "blob " + blob.digest.text() + ": " + std::to_string(blob.size) +
                                               " bytes were expected, only " + std::to_string(at) + " came");
}

Result<void> fill_and_commit(PartialFile& partial, const Descriptor& blob, const BlobOpener& open,
                             const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto source, open());
  DRAY_TRY(fill(partial, blob, *source, stop));
  return partial.commit(stop);
}

}  // namespace

Result<std::unique_ptr<PartialFile>> OciLayout::State::begin(const Descriptor& blob, const std::stop_token& stop) {
  written = true;
  return PartialFile::begin(folder.root(), blob, system_clock(), stop);
}

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
  Descriptor descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = digest, .size = bytes.size()};
  DRAY_TRY(verify(as_bytes(bytes), descriptor).transform_error([this](Error error) {
    return in_context(std::move(error));
  }));
  auto media_type = manifest_media_type(bytes, {});
  if (!media_type) return in_context({ErrorCode::not_found, "the blob " + digest.text() + " is no manifest"});
  descriptor.media_type = std::move(*media_type);
  return RawManifest{.descriptor = std::move(descriptor), .bytes = std::move(bytes)};
}

/// False when there was none.
Result<bool> OciLayout::State::remove_file(const Digest& digest) const {
  DRAY_TRY_ASSIGN(const bool there, root().exists(blob_path(digest)));
  if (there) DRAY_TRY(root().remove_file(blob_path(digest)));
  return there;
}

OciLayout::OciLayout(std::unique_ptr<State> state) : state_(std::move(state)) {}

OciLayout::~OciLayout() {
  if (state_->written) state_->folder.remove_leftovers();
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
  DRAY_TRY_ASSIGN(const auto part, range_within(blob, range));
  auto file = state_->root().open_file(blob_path(blob.digest));
  if (!file && file.error().code() == ErrorCode::not_found) {
    return state_->in_context({ErrorCode::not_found, "there is no blob " + blob.digest.text()});
  }
  if (!file) return std::move(file).error();
  DRAY_TRY_ASSIGN(const auto size, size_of(*file));
  if (size != blob.size) {
    return state_->in_context({ErrorCode::digest_mismatch, "blob " + blob.digest.text() + " has " +
                                                               std::to_string(size) + " bytes and not " +
                                                               std::to_string(blob.size)});
  }
  return OpenedBlob{.bytes = std::make_unique<FileSource>(std::move(*file), part), .begin = part.begin};
}

Result<std::vector<std::string>> OciLayout::list_tags(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  return index.names();
}

Result<std::vector<Descriptor>> OciLayout::list_manifests() {
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  return index.entries();
}

Result<bool> OciLayout::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return blob_is_there(state_->root(), blob);
}

Result<void> OciLayout::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  while (true) {
    DRAY_TRY_ASSIGN(const auto partial, state_->begin(expected, stop));
    if (!partial) return {};
    auto done = fill_and_commit(*partial, expected, open, stop);
    if (done) return done;
    // Bytes of an earlier try may be what is wrong; without them the opener's alone count.
    const bool again = partial->resumed() && done.error().code() == ErrorCode::digest_mismatch;
    if (!partial->resumed() || again) partial->discard();
    if (!again) return done;
  }
}

Result<std::unique_ptr<PositionedWriter>> OciLayout::begin_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(auto partial, state_->begin(blob, stop));
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
  DRAY_TRY(store_manifest(manifest, stop));
  return list_as_referrer(manifest, stop);
}

Result<void> OciLayout::store_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  // Whatever stands under the name and is not the manifest would be taken for it by its size alone.
  const auto old = read_file(state_->root(), blob_path(manifest.descriptor.digest), limits::max_manifest_bytes);
  if (old && *old == manifest.bytes) return {};
  if (old) DRAY_TRY(state_->root().remove_file(blob_path(manifest.descriptor.digest)));
  return put_blob(
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
  DRAY_TRY_ASSIGN(const bool stored, state_->remove_file(digest));
  if (referral) DRAY_TRY(unlist_referrer(*referral, stop));
  if (listed || stored) return {};
  return state_->in_context({ErrorCode::not_found, "there is no manifest " + digest.text()});
}

Result<void> OciLayout::remove_blob(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const bool stored, state_->remove_file(digest));
  if (stored) return {};
  return state_->in_context({ErrorCode::not_found, "there is no blob " + digest.text()});
}

Result<void> OciLayout::finish(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  if (state_->written) state_->folder.remove_leftovers();
  return {};
}

Result<std::uint64_t> OciLayout::free_bytes() { return state_->root().free_bytes(); }

Result<std::uint64_t> OciLayout::set_aside_bytes(const Descriptor& blob) {
  auto size = state_->root().file_size(std::string(temporary_folder) + "/" + partial_name(blob.digest));
  if (!size && size.error().code() == ErrorCode::not_found) return std::uint64_t{0};
  return size;
}

}  // namespace dray
