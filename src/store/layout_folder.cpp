#include "layout_folder.hpp"

#include <dray/base/clock.hpp>
#include <dray/core/digest.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include <string>

#include "partial_file.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

Result<void> check_header(const Directory& root) {
  DRAY_TRY_ASSIGN(const auto text, read_file(root, layout_header_file, max_layout_header_bytes));
  return check_layout_header(text).transform_error(
      [&](Error error) { return std::move(error).context((root.path() / layout_header_file).string()); });
}

Result<void> make_missing(const Directory& root) {
  DRAY_TRY_ASSIGN(const bool has_header, root.exists(layout_header_file));
  DRAY_TRY_ASSIGN(const bool has_blobs, root.exists("blobs/sha256"));
  DRAY_TRY_ASSIGN(const bool has_index, root.exists(layout_index_file));
  if (has_header && has_blobs && has_index) return {};
  DRAY_TRY_ASSIGN(const auto lock, lock_temporary(root, index_lock, system_clock(), {}));
  if (!has_header) DRAY_TRY(replace_file(root, layout_header_file, layout_header));
  if (!has_blobs) DRAY_TRY(make_blob_folder(root, DigestAlgorithm::sha256));
  DRAY_TRY_ASSIGN(const bool has_index_now, root.exists(layout_index_file));
  if (!has_index_now) DRAY_TRY(replace_file(root, layout_index_file, LayoutIndex().serialize()));
  return {};
}

}  // namespace

Result<void> check_layout_header(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(text));
  const auto* const version = json.find("imageLayoutVersion");
  if (version == nullptr || version->as_string() == nullptr) {
    return Error(ErrorCode::invalid_input, "imageLayoutVersion is missing or no string");
  }
  if (!version->as_string()->starts_with("1.")) {
    return Error(ErrorCode::unsupported, "only version 1 of the layout is known");
  }
  return {};
}

Result<LayoutFolder> LayoutFolder::open(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto root, Directory::open(path));
  DRAY_TRY_ASSIGN(const bool layout, root.exists(layout_header_file));
  if (!layout) {
    return Error(ErrorCode::not_found, "the folder " + path.string() + " is no OCI layout: it has no file oci-layout");
  }
  DRAY_TRY(check_header(root));
  return LayoutFolder(std::move(root));
}

Result<LayoutFolder> LayoutFolder::create(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto root, Directory::create(path));
  DRAY_TRY(check_not_foreign(root, layout_header_file, "OCI layout"));
  DRAY_TRY(make_missing(root));
  DRAY_TRY(check_header(root));
  return LayoutFolder(std::move(root));
}

Result<LayoutIndex> LayoutFolder::read_index() const {
  DRAY_TRY_ASSIGN(const auto text, read_file(*root_, layout_index_file, limits::max_layout_index_bytes));
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
  return replace_file(*root_, layout_index_file, text);
}

}  // namespace dray
