#include "layout_folder.hpp"

#include <dray/base/clock.hpp>
#include <dray/core/digest.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include <algorithm>
#include <optional>
#include <string>

#include "partial_file.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

constexpr const char* header_file = "oci-layout";
constexpr const char* index_file = "index.json";
constexpr const char* index_lock = "index.lock";
constexpr std::string_view layout_header = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::uint64_t max_header_file_bytes = 64ULL * 1024;
constexpr std::size_t max_temporary_files = 1'000'000;
/// A folder with more names than this and no `oci-layout` is somebody else's.
constexpr std::size_t max_names_looked_at = 100;

Result<void> check_header(const Directory& root) {
  const auto where = (root.path() / header_file).string();
  DRAY_TRY_ASSIGN(const auto text, read_file(root, header_file, max_header_file_bytes));
  DRAY_TRY_ASSIGN(const auto json,
                  Json::parse(text).transform_error([&](Error error) { return std::move(error).context(where); }));
  const auto* const version = json.find("imageLayoutVersion");
  if (version == nullptr || version->as_string() == nullptr) {
    return Error(ErrorCode::invalid_input, where + ": imageLayoutVersion is missing or no string");
  }
  if (!version->as_string()->starts_with("1.")) {
    return Error(ErrorCode::unsupported, where + ": only version 1 of the layout is known");
  }
  return {};
}

/// Replaces a file of the layout's root as a whole. The name inside the temporary folder is the same each time, and the
/// index's lock is held, so what a killed process left there is written over.
Result<void> replace_file(const Directory& root, const std::string& name, std::string_view text) {
  const auto fresh = std::string(temporary_folder) + "/" + name;
  DRAY_TRY_ASSIGN(const auto file, root.open_or_create_file(fresh));
  auto done = resize(file, 0);
  if (done) done = write_at(file, 0, as_bytes(text));
  if (done) done = sync(file);
  if (done) done = root.rename_and_sync(fresh, name);
  if (done) return {};
  (void)root.remove_file(fresh);  // the first reason counts
  return std::move(done).error().context("write " + (root.path() / name).string());
}

Result<void> check_not_foreign(const Directory& root) {
  DRAY_TRY_ASSIGN(const bool layout, root.exists(header_file));
  if (layout) return {};
  const auto names = root.list(max_names_looked_at);
  if (!names && names.error().code() != ErrorCode::limit_exceeded) return names.error();
  if (names && std::all_of(names->begin(), names->end(), [](const auto& name) { return name == temporary_folder; })) {
    return {};
  }
  // Another process may have made the layout just now.
  DRAY_TRY_ASSIGN(const bool made, root.exists(header_file));
  if (made) return {};
  return Error(ErrorCode::invalid_input, "the folder " + root.path().string() +
                                             " holds other things and is no OCI layout; choose an empty or a new one");
}

Result<void> make_missing(const Directory& root) {
  DRAY_TRY_ASSIGN(const bool has_header, root.exists(header_file));
  DRAY_TRY_ASSIGN(const bool has_blobs, root.exists("blobs/sha256"));
  DRAY_TRY_ASSIGN(const bool has_index, root.exists(index_file));
  if (has_header && has_blobs && has_index) return {};
  DRAY_TRY_ASSIGN(const auto lock, lock_temporary(root, index_lock, system_clock(), {}));
  if (!has_header) DRAY_TRY(replace_file(root, header_file, layout_header));
  if (!has_blobs) DRAY_TRY(make_blob_folder(root, DigestAlgorithm::sha256));
  DRAY_TRY_ASSIGN(const bool has_index_now, root.exists(index_file));
  if (!has_index_now) DRAY_TRY(replace_file(root, index_file, LayoutIndex().serialize()));
  return {};
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

Result<void> clean(const Directory& root) {
  {
    DRAY_TRY_ASSIGN(const auto temporary, root.open_directory(temporary_folder));
    DRAY_TRY_ASSIGN(const auto names, temporary.list(max_temporary_files));
    for (const auto& name : names) {
      if (const auto digest = digest_of(name)) {
        DRAY_TRY_ASSIGN(const bool published, root.exists(blob_path(*digest)));
        if (published) DRAY_TRY(remove_unlocked(temporary, partial_name(*digest), journal_name(*digest)));
      } else if (name == index_lock) {
        DRAY_TRY(remove_unlocked(temporary, index_lock, {}));
      }
    }
  }
  return root.remove_empty_directory(temporary_folder);
}

}  // namespace

Result<LayoutFolder> LayoutFolder::open(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto root, Directory::open(path));
  DRAY_TRY_ASSIGN(const bool layout, root.exists(header_file));
  if (!layout) {
    return Error(ErrorCode::not_found, "the folder " + path.string() + " is no OCI layout: it has no file oci-layout");
  }
  DRAY_TRY(check_header(root));
  return LayoutFolder(std::move(root));
}

Result<LayoutFolder> LayoutFolder::create(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto root, Directory::create(path));
  DRAY_TRY(check_not_foreign(root));
  DRAY_TRY(make_missing(root));
  DRAY_TRY(check_header(root));
  return LayoutFolder(std::move(root));
}

Result<LayoutIndex> LayoutFolder::read_index() const {
  DRAY_TRY_ASSIGN(const auto text, read_file(*root_, index_file, limits::max_layout_index_bytes));
  return LayoutIndex::parse(text).transform_error(
      [this](Error error) { return std::move(error).context(root_->path().string()); });
}

Result<void> LayoutFolder::change_index(const std::function<Result<bool>(LayoutIndex&)>& change,
                                        const std::stop_token& stop) const {
  DRAY_TRY_ASSIGN(const auto lock, lock_temporary(*root_, index_lock, system_clock(), stop));
  DRAY_TRY_ASSIGN(auto index, read_index());
  DRAY_TRY_ASSIGN(const bool changed, change(index));
  if (!changed) return {};
  const auto text = index.serialize();
  if (text.size() > limits::max_layout_index_bytes) {
    return Error(ErrorCode::limit_exceeded, "the index.json of " + root_->path().string() + " would be larger than " +
                                                std::to_string(limits::max_layout_index_bytes) + " bytes");
  }
  return replace_file(*root_, index_file, text);
}

void LayoutFolder::remove_leftovers() const noexcept {
  // What cannot be removed does no harm: it is taken up or written over by the next writer.
  (void)clean(*root_);
}

}  // namespace dray
