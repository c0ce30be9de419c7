#pragma once

#include <dray/format/file_title.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dray {

/// A folder in which blobs become files with names: where an artifact's files go. Blobs are verified and complete in
/// the folder's `.dray-tmp` (docs/formats/partial.md), and go on after a cut or a kill where they stopped; `publish`
/// then renames them. No link is followed below the folder, and nothing is written but to the names that are given.
/// Manifests and tags it knows none: `unsupported`. Safe from many threads, `publish` for different titles.
class FileFolder final : public ContentSink, public WritesPositioned, public HasFreeSpace {
 public:
  /// Opens the folder, making it and its parents when they are absent.
  [[nodiscard]] static Result<std::shared_ptr<FileFolder>> create(const std::filesystem::path& folder);
  ~FileFolder() override;

  /// What lies at a title.
  enum class Standing : std::uint8_t {
    nothing,
    same,   ///< A file with the blob's bytes; they were read.
    other,  ///< A file with other bytes.
  };
  /// `conflict` for what is no file, and for a link or file on the way; `invalid_input` for a title inside `.dray-tmp`.
  [[nodiscard]] Result<Standing> look_at(const FileTitle& title, const Descriptor& blob,
                                         const std::stop_token& stop) const;

  /// Whether a file that stands at a title may go.
  enum class Existing : std::uint8_t { keep, replace };
  /// Gives a blob that was put here its names, each with the folders above it, and syncs them. `conflict` for a file
  /// that is there and to be kept. A link that is there meanwhile is replaced, not followed.
  [[nodiscard]] Result<void> publish(const Descriptor& blob, const std::vector<FileTitle>& titles, Existing existing,
                                     const std::stop_token& stop);

  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& blob, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_blob(const Descriptor& expected, const BlobOpener& open,
                                      const std::stop_token& stop) override;
  [[nodiscard]] Result<std::unique_ptr<PositionedWriter>> begin_blob(const Descriptor& blob,
                                                                     const std::stop_token& stop) override;
  [[nodiscard]] Result<std::uint64_t> free_bytes() override;
  [[nodiscard]] Result<std::uint64_t> set_aside_bytes(const Descriptor& blob) override;
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_manifest(const RawManifest& manifest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> set_tag(const std::string& tag, const RawManifest& manifest,
                                     const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_tag(const std::string& tag, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) override;
  /// Removes what nobody needs any more of `.dray-tmp`.
  [[nodiscard]] Result<void> finish(const std::stop_token& stop) override;

 private:
  struct State;
  explicit FileFolder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dray
