#include "pending_archive.hpp"

#include <dray/base/clock.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/tar.hpp>

#include <algorithm>
#include <limits>

#include "archive_framing.hpp"
#include "blob_range.hpp"
#include "disk_blobs.hpp"
#include "partial_file.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

constexpr std::size_t name_hash_chars = 16;
constexpr std::size_t end_blocks = 2;
constexpr const char* again_suffix = "-again";

}  // namespace

Result<std::shared_ptr<PendingArchive>> PendingArchive::open(std::shared_ptr<const Directory> root,
                                                             const std::string& name, const std::stop_token& stop) {
  // An archive's name may be as long as names can be; what stands beside it is named by its hash.
  const auto stem = std::string(Digest::of(as_bytes(name)).hex().substr(0, name_hash_chars));
  Names names{.archive = name, .pending = stem + ".archive", .journal_prefix = stem + "-"};
  DRAY_TRY_ASSIGN(auto file, lock_temporary(*root, names.pending, system_clock(), stop));
  std::shared_ptr<PendingArchive> pending(new PendingArchive(std::move(root), std::move(names), std::move(file)));
  DRAY_TRY(pending->take_up());
  return pending;
}

Result<std::shared_ptr<PendingArchive>> PendingArchive::begin_again(const std::stop_token& stop) {
  const Names names{.archive = names_.archive, .pending = names_.pending + again_suffix, .journal_prefix = {}};
  DRAY_TRY_ASSIGN(auto file, lock_temporary(*root_, names.pending, system_clock(), stop));
  DRAY_TRY(resize(file, 0));
  return std::shared_ptr<PendingArchive>(new PendingArchive(root_, names, std::move(file)));
}

PendingArchive::~PendingArchive() {
  if (finished_) return;
  const bool worth_keeping = std::ranges::any_of(regions_, [](const auto& one) {
    const auto& region = *one.second;
    return is_journaled(region.blob) && (region.state == State::ready || region.on_disk > 0);
  });
  if (!worth_keeping) discard();
}

/// Finds the regions of an earlier process. What it did not finish writing a header for is cut off.
Result<void> PendingArchive::take_up() {
  DRAY_TRY_ASSIGN(const auto size, dray::size_of(file_));
  if (size == 0) return {};
  DRAY_TRY_ASSIGN(auto again, duplicate(file_));
  FileSource source(std::move(again), {0, size});
  TarReader reader(source);
  while (true) {
    const auto entry = reader.next();
    if (!entry || !*entry) break;
    const auto digest = blob_at((*entry)->path);
    const auto end = (*entry)->data_offset + padded((*entry)->size);
    if (!digest || (*entry)->type != TarType::file || end > size || regions_.contains(*digest)) break;
    auto region = std::make_unique<Region>(
        Region{.blob = {.media_type = MediaType::of(media_types::oci_layer), .digest = *digest, .size = (*entry)->size},
               .header_at = (*entry)->header_offset,
               .data_at = (*entry)->data_offset,
               .end = end,
               .on_disk = (*entry)->size});
    regions_.emplace(*digest, std::move(region));
    end_ = end;
  }
  return resize(file_, end_);
}

std::string PendingArchive::journal_of(const Digest& digest) const {
  if (names_.journal_prefix.empty()) return {};
  return in_temporary_folder(names_.journal_prefix + journal_name(digest));
}

const PendingArchive::Region* PendingArchive::ready(const Digest& digest) const {
  const auto found = regions_.find(digest);
  return found != regions_.end() && found->second->state == State::ready ? found->second.get() : nullptr;
}

std::optional<std::uint64_t> PendingArchive::size_of(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto* const region = ready(digest);
  if (region == nullptr) return std::nullopt;
  return region->blob.size;
}

std::uint64_t PendingArchive::set_aside(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = regions_.find(digest);
  return found == regions_.end() ? 0 : found->second->on_disk;
}

Result<OpenedBlob> PendingArchive::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range) const {
  DRAY_TRY_ASSIGN(const auto wanted, range_within(blob, range));
  std::uint64_t begin = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto* const region = ready(blob.digest);
    if (region == nullptr) return Error(ErrorCode::not_found, "there is no blob " + blob.digest.text());
    if (region->blob.size != blob.size) {
      return Error(ErrorCode::digest_mismatch, "blob " + blob.digest.text() + " has " +
                                                   std::to_string(region->blob.size) + " bytes and not " +
                                                   std::to_string(blob.size));
    }
    begin = region->data_at;
  }
  DRAY_TRY_ASSIGN(auto again, duplicate(file_));
  return OpenedBlob{
      .bytes = std::make_unique<FileSource>(std::move(again), ByteRange{begin + wanted.begin, begin + wanted.end}),
      .begin = wanted.begin};
}

/// A new region at the end. Under the lock.
PendingArchive::Region* PendingArchive::place(const Descriptor& blob) {
  const auto header = archive_header(blob_path(blob.digest), blob.size);
  auto region = std::make_unique<Region>(Region{.blob = blob, .header_at = end_});
  region->data_at = end_ + header.value().size();
  region->end = region->data_at + padded(blob.size);
  end_ = region->end;
  return regions_.insert_or_assign(blob.digest, std::move(region)).first->second.get();
}

/// The blob's region, marked busy; nullptr when the blob is there.
Result<PendingArchive::Region*> PendingArchive::claim(const Descriptor& blob, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto found = regions_.find(blob.digest);
    auto* region = found == regions_.end() ? place(blob) : found->second.get();
    if (region->state == State::idle && region->blob.size != blob.size) {  // another word for its size
      dropped_.push_back(std::move(found->second));
      region = place(blob);
    }
    if (region->state == State::ready) {
      if (region->blob.size == blob.size) return nullptr;
      return Error(ErrorCode::digest_mismatch, "it has " + std::to_string(region->blob.size) + " bytes");
    }
    if (region->state == State::idle) {
      region->state = State::busy;
      return region;
    }
    if (!released_.wait(lock, stop, [&] { return !regions_.contains(blob.digest) || region->state != State::busy; })) {
      return Error(ErrorCode::cancelled, "stopped while another writer had it");
    }
  }
}

/// Writes the header of a region that this thread has claimed, sets its space aside, and finds out what is there.
Result<void> PendingArchive::prepare(Region& region) {
  DRAY_TRY(write_header(region));
  DRAY_TRY(reserve(file_, region.end));
  region.bytes = std::make_unique<BlobRegion>(
      BlobPlace{.file = file_, .begin = region.data_at, .root = root_, .journal = journal_of(region.blob.digest)},
      region.blob);
  return region.bytes->take_up(region.on_disk);
}

void PendingArchive::let_go(Region& region, State state) noexcept {
  {
    const std::lock_guard lock(mutex_);
    region.state = state;
  }
  released_.notify_all();
}

Result<std::unique_ptr<PendingArchive::Writer>> PendingArchive::begin(const Descriptor& blob,
                                                                      const std::stop_token& stop) {
  if (blob.size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2)) {
    return Error(ErrorCode::limit_exceeded, "blob " + blob.digest.text() + " says it has " + std::to_string(blob.size) +
                                                " bytes, more than any file can");
  }
  const auto of_blob = [&](Error error) { return std::move(error).context("blob " + blob.digest.text()); };
  DRAY_TRY_ASSIGN(auto* const region, claim(blob, stop).transform_error(of_blob));
  if (region == nullptr) return std::unique_ptr<Writer>();
  if (auto prepared = prepare(*region); !prepared) {
    region->bytes.reset();
    let_go(*region, State::idle);
    return of_blob(std::move(prepared).error());
  }
  return std::make_unique<Writer>(shared_from_this(), *region);
}

Result<void> PendingArchive::put(const Descriptor& blob, const BlobOpener& open, const std::stop_token& stop) {
  while (true) {
    DRAY_TRY_ASSIGN(const auto writer, begin(blob, stop));
    if (!writer) return {};
    const auto write = [&]() -> Result<void> {
      DRAY_TRY_ASSIGN(const auto source, open());
      DRAY_TRY(fill(*writer, blob, *source, stop));
      return writer->commit(stop);
    };
    auto done = write();
    if (done) return done;
    // Bytes of an earlier try may be what is wrong; without them the opener's alone count.
    const bool again = writer->resumed() && done.error().code() == ErrorCode::digest_mismatch;
    if (!writer->resumed() || again) writer->discard();
    if (!again) return done;
  }
}

Result<void> PendingArchive::lay_out(const std::vector<Descriptor>& blobs) {
  std::vector<const Region*> placed;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& blob : blobs) {
      if (!regions_.contains(blob.digest)) placed.push_back(place(blob));
    }
  }
  for (const auto* const region : placed) DRAY_TRY(write_header(*region));
  return {};
}

Result<void> PendingArchive::write_header(const Region& region) {
  DRAY_TRY_ASSIGN(const auto header, archive_header(blob_path(region.blob.digest), region.blob.size));
  return write_at(file_, region.header_at, as_bytes(header));
}

bool PendingArchive::remove(const Digest& digest) {
  bool removed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = regions_.find(digest);
    if (found == regions_.end()) return false;
    removed = found->second->state == State::ready;
    dropped_.push_back(std::move(found->second));
    regions_.erase(found);
  }
  released_.notify_all();
  return removed;
}

bool PendingArchive::holds_just(const std::vector<Digest>& digests) const {
  const std::lock_guard lock(mutex_);
  return dropped_.empty() && digests.size() == regions_.size() &&
         std::ranges::all_of(digests, [&](const Digest& digest) { return ready(digest) != nullptr; });
}

Result<void> PendingArchive::write_documents(const std::vector<ArchiveDocument>& documents) {
  auto at = end_;
  for (const auto& document : documents) {
    DRAY_TRY_ASSIGN(auto bytes, archive_header(document.path, document.text.size()));
    bytes += document.text;
    bytes.resize(padded(bytes.size()));
    DRAY_TRY(write_at(file_, at, as_bytes(bytes)));
    at += bytes.size();
  }
  const std::string end(end_blocks * archive_block_bytes, '\0');
  DRAY_TRY(write_at(file_, at, as_bytes(end)));
  return resize(file_, at + end.size());
}

Result<void> PendingArchive::publish(const std::vector<ArchiveDocument>& documents) {
  DRAY_TRY(write_documents(documents));
  if (auto synced = sync(file_); !synced) {
    discard();  // what a failed sync has lost is not known, and a second one would not tell
    return synced;
  }
  const auto path = in_temporary_folder(names_.pending);
  DRAY_TRY_ASSIGN(const bool named, root_->names(path, file_));
  if (!named) return Error(ErrorCode::conflict, "somebody removed the file while it was written");
  DRAY_TRY(root_->rename_and_sync(path, names_.archive));
  finished_ = true;
  clean_up();
  return {};
}

void PendingArchive::discard() noexcept {
  if (finished_) return;  // the name may be another writer's by now
  (void)root_->remove_file(in_temporary_folder(names_.pending));
  finished_ = true;
  clean_up();
}

/// What cannot be removed takes room and does no harm: the next writer of the archive takes it up.
void PendingArchive::clean_up() noexcept {
  for (const auto& [digest, region] : regions_) remove_journal(digest);
  for (const auto& region : dropped_) remove_journal(region->blob.digest);
  (void)root_->remove_file(in_temporary_folder(names_.pending + again_suffix));
  file_.close();
  (void)root_->remove_empty_directory(temporary_folder);
}

void PendingArchive::remove_journal(const Digest& digest) noexcept {
  if (const auto name = journal_of(digest); !name.empty()) (void)root_->remove_file(name);
}

}  // namespace dray
