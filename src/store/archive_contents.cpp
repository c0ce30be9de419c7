#include "archive_contents.hpp"

#include <dray/core/limits.hpp>

#include "archive_documents.hpp"
#include "archive_input.hpp"
#include "blob_range.hpp"
#include "layout_folder.hpp"
#include "partial_file.hpp"

namespace dray {
namespace {

Error no_layout(bool docker) {
  return {ErrorCode::invalid_input,
          docker ? "it is no OCI archive, but one of docker's: write docker-archive: instead of oci-archive:"
                 : "it is no OCI archive: it has no file oci-layout"};
}

Error no_docker_archive(bool layout) {
  return {ErrorCode::invalid_input,
          layout ? "it is none of docker's archives, but an OCI archive: write oci-archive: instead of docker-archive:"
                 : "it is none of docker's archives: it has no file manifest.json"};
}

}  // namespace

Result<std::shared_ptr<const ArchiveContents>> ArchiveContents::open(const std::string& path, ArchiveKind kind,
                                                                     const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto file, open_archive_input(path, stop));
  DRAY_TRY_ASSIGN(auto files, ArchiveFiles::read(std::move(file)));
  std::shared_ptr<ArchiveContents> contents(new ArchiveContents(std::move(files)));
  const auto* const header = contents->files_.find(layout_header_file);
  const auto* const docker = contents->files_.find(docker_manifest_file);
  if (kind == ArchiveKind::oci && header == nullptr) return no_layout(docker != nullptr);
  if (kind == ArchiveKind::docker && docker == nullptr) return no_docker_archive(header != nullptr);
  if (header != nullptr) {
    DRAY_TRY(contents->read_layout(*header));
  } else {
    DRAY_TRY_ASSIGN(contents->classic_, read_classic_images(contents->files_, *docker, stop));
    contents->index_ = contents->classic_->index;
  }
  return std::shared_ptr<const ArchiveContents>(std::move(contents));
}

Result<void> ArchiveContents::read_layout(ByteRange header) {
  const auto in_header = [](Error error) { return std::move(error).context(layout_header_file); };
  DRAY_TRY_ASSIGN(const auto text, files_.read(header, max_layout_header_bytes).transform_error(in_header));
  DRAY_TRY(check_layout_header(text).transform_error(in_header));
  const auto* const index = files_.find(layout_index_file);
  if (index == nullptr) return Error(ErrorCode::invalid_input, "it has no file index.json");
  DRAY_TRY_ASSIGN(const auto document, files_.read(*index, limits::max_layout_index_bytes));
  DRAY_TRY_ASSIGN(index_, LayoutIndex::parse(document));
  return {};
}

const ByteRange* ArchiveContents::find(const Digest& digest) const {
  if (!classic_) return files_.find(blob_path(digest));
  const auto found = classic_->blobs.find(digest);
  return found == classic_->blobs.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> ArchiveContents::size_of(const Digest& digest) const {
  if (const auto* const part = find(digest)) return part->size();
  if (!classic_) return std::nullopt;
  const auto manifest = classic_->manifests.find(digest);
  if (manifest == classic_->manifests.end()) return std::nullopt;
  return manifest->second.size();
}

Result<OpenedBlob> ArchiveContents::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range) const {
  DRAY_TRY_ASSIGN(const auto wanted, range_within(blob, range));
  const auto size = size_of(blob.digest);
  if (!size) return Error(ErrorCode::not_found, "there is no blob " + blob.digest.text());
  if (*size != blob.size) {
    return Error(ErrorCode::digest_mismatch, "blob " + blob.digest.text() + " has " + std::to_string(*size) +
                                                 " bytes and not " + std::to_string(blob.size));
  }
  if (const auto* const part = find(blob.digest)) {
    DRAY_TRY_ASSIGN(auto bytes, files_.open(*part, wanted));
    return OpenedBlob{.bytes = std::move(bytes), .begin = wanted.begin};
  }
  auto text = classic_->manifests.at(blob.digest).substr(wanted.begin, wanted.size());
  return OpenedBlob{.bytes = std::make_unique<StringSource>(std::move(text)), .begin = wanted.begin};
}

}  // namespace dray
