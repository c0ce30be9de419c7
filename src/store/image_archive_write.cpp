#include <dray/store/image_archive.hpp>

#include <dray/store/referrers.hpp>
#include <dray/store/verify.hpp>

#include <algorithm>

#include "disk_blobs.hpp"
#include "image_archive_state.hpp"

namespace dray {
namespace {

bool same_file(const FileStatus& a, const FileStatus& b) {
  return a.inode == b.inode && a.size == b.size && a.modified == b.modified && a.changed == b.changed;
}

/// A descriptor for bytes of which only the digest counts.
Descriptor bare(const Digest& digest, std::uint64_t size) {
  return {.media_type = MediaType::of(media_types::oci_layer), .digest = digest, .size = size};
}

}  // namespace

Result<std::shared_ptr<PendingArchive>> ImageArchive::State::begin_writing(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  const std::lock_guard turn(opening);
  if (const auto begun = [&] {
        const std::lock_guard lock(content_mutex);
        return pending;
      }()) {
    return begun;
  }
  if (!root) return Error(ErrorCode::unsupported, "standard input can only be read");
  DRAY_TRY_ASSIGN(auto begun, PendingArchive::open(root, name, stop));
  // Another writer may have been waited for, and have put its archive here.
  const auto status = root->status(name);
  if (!status && status.error().code() != ErrorCode::not_found) return status.error();
  const bool as_it_was = status ? input_status && same_file(*input_status, *status) : !input_status;
  const std::scoped_lock lock(index_mutex, content_mutex);
  if (!as_it_was) DRAY_TRY(load(true, stop));
  pending = begun;
  return begun;
}

Result<void> ImageArchive::State::store_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  const auto into = [&] {
    const std::lock_guard lock(content_mutex);
    return pending;
  }();
  if (size_of(manifest.descriptor.digest) == manifest.descriptor.size) return {};
  return into->put(
      manifest.descriptor,
      [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(manifest.bytes); }, stop);
}

bool ImageArchive::State::drop(const Digest& digest) {
  const std::lock_guard lock(content_mutex);
  const bool written = pending && pending->remove(digest);
  const bool read = input && input->size_of(digest) && removed.insert(digest).second;
  return written || read;
}

Result<void> ImageArchive::State::change_list(const Digest& subject, const std::function<bool(IndexDocument&)>& change,
                                              const std::stop_token& stop) {
  const std::lock_guard lock(index_mutex);
  DRAY_TRY_ASSIGN(const auto done, change_referrers(*this, index, subject, change, stop));
  if (done.replaced) (void)drop(*done.replaced);
  return {};
}

Result<std::vector<Digest>> ImageArchive::State::wanted() const { return reachable_from(digests_of(index), *this); }

Result<void> ImageArchive::State::gather(PendingArchive& into, const std::vector<Digest>& digests,
                                         const std::stop_token& stop) const {
  for (const auto& digest : digests) {
    const auto size = size_of(digest);
    if (!size || into.size_of(digest)) continue;
    const auto blob = bare(digest, *size);
    const auto open = [&]() -> Result<std::unique_ptr<ByteSource>> {
      DRAY_TRY_ASSIGN(auto opened, open_blob(blob, {}));
      return std::move(opened.bytes);
    };
    DRAY_TRY(into.put(blob, open, stop));
  }
  return {};
}

/// Makes the pending copy whole and puts it in the archive's place.
Result<void> ImageArchive::State::publish(const std::shared_ptr<PendingArchive>& from, const std::stop_token& stop) {
  DRAY_TRY(list_tops(index, put, *this));
  DRAY_TRY_ASSIGN(const auto digests, wanted());
  DRAY_TRY_ASSIGN(const auto documents, archive_documents(kind, index, *this));
  DRAY_TRY(gather(*from, digests, stop));
  if (from->holds_just(digests)) return from->publish(documents);
  DRAY_TRY_ASSIGN(const auto again, from->begin_again(stop));
  DRAY_TRY(gather(*again, digests, stop));
  DRAY_TRY(again->publish(documents));
  from->discard();
  return {};
}

Result<void> ImageArchive::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto pending, state_->in_context(state_->begin_writing(stop)));
  if (state_->size_of(expected.digest) == expected.size) return {};
  return state_->in_context(pending->put(expected, open, stop));
}

Result<std::unique_ptr<PositionedWriter>> ImageArchive::begin_blob(const Descriptor& blob,
                                                                   const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto pending, state_->in_context(state_->begin_writing(stop)));
  if (state_->size_of(blob.digest) == blob.size) return std::unique_ptr<PositionedWriter>();
  DRAY_TRY_ASSIGN(auto writer, state_->in_context(pending->begin(blob, stop)));
  return std::unique_ptr<PositionedWriter>(std::move(writer));
}

Result<void> ImageArchive::lay_out(const std::vector<Descriptor>& blobs, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto pending, state_->in_context(state_->begin_writing(stop)));
  std::vector<Descriptor> absent;
  for (const auto& blob : blobs) {
    if (!state_->holds(blob.digest)) absent.push_back(blob);
  }
  return state_->in_context(pending->lay_out(absent));
}

Result<void> ImageArchive::put_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(check_manifest(manifest));
  DRAY_TRY(state_->in_context(state_->begin_writing(stop)));
  DRAY_TRY(state_->in_context(state_->store_manifest(manifest, stop)));
  {
    const std::lock_guard lock(state_->index_mutex);
    state_->put.push_back(manifest.descriptor);
  }
  const auto referral = referral_of(manifest);
  if (!referral) return {};
  const auto add = [&](IndexDocument& list) { return add_referrer(list, referral->entry); };
  return state_->in_context(state_->change_list(referral->subject, add, stop));
}

Result<void> ImageArchive::set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) {
  {
    // A name that cannot be is refused before anything is stored.
    LayoutIndex nothing;
    DRAY_TRY(state_->in_context(state_->names.set(nothing, tag, manifest.descriptor)));
  }
  DRAY_TRY(put_manifest(manifest, stop));
  const std::lock_guard lock(state_->index_mutex);
  return state_->in_context(state_->names.set(state_->index, tag, manifest.descriptor));
}

Result<void> ImageArchive::remove_tag(const std::string& tag, const std::stop_token& stop) {
  DRAY_TRY(state_->in_context(state_->begin_writing(stop)));
  const std::lock_guard lock(state_->index_mutex);
  return state_->in_context(state_->names.remove(state_->index, tag));
}

Result<void> ImageArchive::remove_manifest(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(state_->in_context(state_->begin_writing(stop)));
  const auto manifest = state_->read_manifest(digest);
  const auto referral = manifest ? referral_of(*manifest) : std::nullopt;
  bool listed = false;
  {
    const std::lock_guard lock(state_->index_mutex);
    DRAY_TRY_ASSIGN(listed, state_->index.remove(digest));
  }
  const bool stored = state_->drop(digest);
  if (referral) {
    const auto remove = [&](IndexDocument& list) { return remove_referrer(list, digest); };
    DRAY_TRY(state_->in_context(state_->change_list(referral->subject, remove, stop)));
  }
  if (listed || stored) return {};
  return state_->in_context(Error(ErrorCode::not_found, "there is no manifest " + digest.text()));
}

Result<void> ImageArchive::remove_blob(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(state_->in_context(state_->begin_writing(stop)));
  if (state_->drop(digest)) return {};
  return state_->in_context(Error(ErrorCode::not_found, "there is no blob " + digest.text()));
}

Result<void> ImageArchive::finish(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  const auto pending = [&] {
    const std::lock_guard lock(state_->content_mutex);
    return state_->pending;
  }();
  if (!pending) return {};
  DRAY_TRY(state_->in_context(state_->publish(pending, stop)));
  const std::scoped_lock lock(state_->index_mutex, state_->content_mutex);
  state_->pending.reset();
  state_->removed.clear();
  state_->put.clear();
  return state_->in_context(state_->load(false, stop));
}

Result<std::uint64_t> ImageArchive::free_bytes() {
  if (!state_->root) return std::uint64_t{0};
  return state_->root->free_bytes();
}

Result<std::uint64_t> ImageArchive::set_aside_bytes(const Descriptor& blob) {
  const std::lock_guard lock(state_->content_mutex);
  return state_->pending ? state_->pending->set_aside(blob.digest) : 0;
}

}  // namespace dray
