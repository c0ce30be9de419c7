#include "disk_blobs.hpp"

#include <dray/base/clock.hpp>

#include <algorithm>
#include <optional>

#include "blob_range.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

constexpr std::size_t max_temporary_files = 1'000'000;

Result<void> fill_and_commit(PartialFile& partial, const Descriptor& blob, const BlobOpener& open,
                             const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto source, open());
  DRAY_TRY(fill(partial, blob, *source, stop));
  return partial.commit(stop);
}

/// The digest that a partial file or journal is named by.
std::optional<Digest> digest_of(std::string_view name) {
  if (!name.ends_with(".partial") && !name.ends_with(".journal")) return {};
  std::string text(name.substr(0, name.rfind('.')));
  const auto dash = text.find('-');
  if (dash == std::string::npos) return {};
  text[dash] = ':';
  auto digest = Digest::parse(text);
  if (!digest) return {};
  return *digest;
}

/// Removes the named files if nobody has a lock on the first.
Result<void> remove_unlocked(const Directory& temporary, const std::string& locked, const std::string& beside) {
  DRAY_TRY_ASSIGN(const auto file, temporary.open_or_create_file(locked));
  DRAY_TRY_ASSIGN(const bool free, try_lock(file));
  if (!free) return {};
  DRAY_TRY_ASSIGN(const bool current, temporary.names(locked, file));
  if (!current) return {};
  if (!beside.empty()) DRAY_TRY(temporary.remove_file(beside));
  return temporary.remove_file(locked);
}

}  // namespace

Result<void> fill(PositionedWriter& writer, const Descriptor& blob, ByteSource& source, const std::stop_token& stop) {
  std::vector<std::byte> buffer(copy_buffer_bytes);
  std::uint64_t at = 0;
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, source.read(buffer));
    if (count == 0) break;
    DRAY_TRY(writer.write(at, ByteView(buffer).first(count)));
    at += count;
  }
  if (at == blob.size) return {};
  return Error(ErrorCode::digest_mismatch, "blob " + blob.digest.text() + ": " + std::to_string(blob.size) +
                                               " bytes were expected, only " + std::to_string(at) + " came");
}

Result<bool> DiskBlobs::has(const Descriptor& blob) const {
  DRAY_TRY_ASSIGN(const bool there, blob_is_there(*root_, blob, path_of_));
  if (there || also_at_ == nullptr) return there;
  return blob_is_there(*root_, blob, also_at_);
}

Result<OpenedBlob> DiskBlobs::open(const Descriptor& blob, const std::optional<ByteRange>& range) const {
  DRAY_TRY_ASSIGN(const auto part, range_within(blob, range));
  DRAY_TRY_ASSIGN(auto file, open_file(blob));
  return OpenedBlob{.bytes = std::make_unique<FileSource>(std::move(file), part), .begin = part.begin};
}

std::optional<FileDescriptor> DiskBlobs::file(const Descriptor& blob) const {
  auto file = open_file(blob);
  if (!file) return std::nullopt;
  return *std::move(file);
}

Result<FileDescriptor> DiskBlobs::open_file(const Descriptor& blob) const {
  auto file = root_->open_file(path_of_(blob.digest));
  if (!file && file.error().code() == ErrorCode::not_found && also_at_ != nullptr) {
    file = root_->open_file(also_at_(blob.digest));
  }
  if (!file && file.error().code() == ErrorCode::not_found) {
    return Error(ErrorCode::not_found, "there is no blob " + blob.digest.text());
  }
  if (!file) return std::move(file).error();
  DRAY_TRY_ASSIGN(const auto size, size_of(*file));
  if (size != blob.size) {
    return Error(ErrorCode::digest_mismatch, "blob " + blob.digest.text() + " has " + std::to_string(size) +
                                                 " bytes and not " + std::to_string(blob.size));
  }
  return *std::move(file);
}

Result<void> DiskBlobs::put(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) const {
  DRAY_TRY(check_running(stop));
  while (true) {
    DRAY_TRY_ASSIGN(const auto partial, begin(expected, stop));
    if (!partial) return {};
    auto done = fill_and_commit(*partial, expected, open, stop);
    if (done) return done;
    // Bytes of an earlier try may be what is wrong; without them the opener's alone count.
    const bool again = partial->resumed() && done.error().code() == ErrorCode::digest_mismatch;
    if (!partial->resumed() || again) partial->discard();
    if (!again) return done;
  }
}

Result<std::unique_ptr<PartialFile>> DiskBlobs::begin(const Descriptor& blob, const std::stop_token& stop) const {
  DRAY_TRY(check_running(stop));
  if (also_at_ != nullptr) {
    DRAY_TRY_ASSIGN(const bool there, blob_is_there(*root_, blob, also_at_));
    if (there) return std::unique_ptr<PartialFile>();
  }
  return PartialFile::begin(root_, blob, system_clock(), stop, path_of_);
}

Result<bool> DiskBlobs::remove(const Digest& digest) const {
  bool any = false;
  for (const auto path : {path_of_, also_at_}) {
    if (path == nullptr) continue;
    DRAY_TRY_ASSIGN(const bool there, root_->exists(path(digest)));
    if (there) DRAY_TRY(root_->remove_file(path(digest)));
    any = any || there;
  }
  return any;
}

Result<std::uint64_t> DiskBlobs::set_aside_bytes(const Descriptor& blob) const {
  auto size = root_->file_size(std::string(temporary_folder) + "/" + partial_name(blob.digest));
  if (!size && size.error().code() == ErrorCode::not_found) return std::uint64_t{0};
  return size;
}

Result<void> DiskBlobs::clean(const std::vector<std::string>& locks, Partials which) const {
  {
    DRAY_TRY_ASSIGN(const auto temporary, root_->open_directory(temporary_folder));
    DRAY_TRY_ASSIGN(const auto names, temporary.list(max_temporary_files));
    for (const auto& name : names) {
      if (const auto digest = digest_of(name)) {
        DRAY_TRY_ASSIGN(const bool published, root_->exists(path_of_(*digest)));
        if (published || which == Partials::all)
          DRAY_TRY(remove_unlocked(temporary, partial_name(*digest), journal_name(*digest)));
      } else if (std::find(locks.begin(), locks.end(), name) != locks.end()) {
        DRAY_TRY(remove_unlocked(temporary, name, {}));
      }
    }
  }
  return root_->remove_empty_directory(temporary_folder);
}

void DiskBlobs::remove_leftovers(const std::vector<std::string>& locks) const noexcept {
  // What cannot be removed does no harm: it is taken up or written over by the next writer.
  (void)clean(locks, Partials::published);
}

void DiskBlobs::remove_abandoned() const noexcept { (void)clean({}, Partials::all); }

}  // namespace dray
