#pragma once

#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace dray {

/// More names than this are in no folder of one image.
inline constexpr std::size_t max_directory_files = 1'000'000;

/// The lock under which manifests are written, and the one that every writer shares; both in the temporary folder.
inline constexpr const char* manifest_lock = "manifest.lock";
inline constexpr const char* writers_lock = "writers.lock";

/// The files of a `dir:` folder beside its blobs: `version` and the manifests. Safe from many threads and processes.
class DirectoryFolder {
 public:
  /// As `DirectoryImage::open` and `create`.
  [[nodiscard]] static Result<DirectoryFolder> open(const std::filesystem::path& path);
  [[nodiscard]] static Result<DirectoryFolder> create(const std::filesystem::path& path);

  [[nodiscard]] const std::shared_ptr<const Directory>& root() const noexcept { return root_; }

  /// The image's manifest. `not_found` while there is none.
  [[nodiscard]] Result<std::string> read_root() const;
  /// Puts an image in the place of the one that is there. The signatures of another one go before it does.
  [[nodiscard]] Result<void> replace_root(std::string_view manifest, const std::stop_token& stop) const;
  /// Writes a manifest that an index names.
  [[nodiscard]] Result<void> write_child(const RawManifest& manifest, const std::stop_token& stop) const;

 private:
  explicit DirectoryFolder(Directory root) : root_(std::make_shared<const Directory>(std::move(root))) {}
  [[nodiscard]] Result<void> remove_signatures() const;

  std::shared_ptr<const Directory> root_;
};

/// A manifest's digest by the algorithm that it is asked for by.
[[nodiscard]] Digest digest_of(std::string_view manifest, DigestAlgorithm algorithm);

/// The bytes of a manifest that an index names, not verified. `not_found`.
[[nodiscard]] Result<std::string> read_child(const Directory& root, const Digest& digest);

}  // namespace dray
