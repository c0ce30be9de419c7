#pragma once

#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/core/platform.hpp>
#include <dray/format/tar.hpp>
#include <dray/ops/files_limits.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/content.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace dray::ops {

struct ImageFilesOptions {
  std::optional<Platform> platform;    ///< Of an index; nullopt: the host's.
  std::shared_ptr<Observer> observer;  ///< May be null.
  Clock* clock = nullptr;              ///< Null: the system's.
  Random* random = nullptr;
};

/// A file of the tree that an image's layers make. What a hard link names has the attributes of its first name.
struct ImageFile {
  std::string path;              ///< From the root, without a `/` in front; empty: the root.
  TarType type = TarType::file;  ///< Never `hard_link`.
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_seconds = 0;
  std::uint32_t mtime_nanoseconds = 0;
  std::string link_path;  ///< Of a symlink.
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint32_t links = 1;     ///< Names of a file.
  std::size_t layer = 0;       ///< Number of the layer that the name comes from, the base 0.
  std::size_t data_layer = 0;  ///< And of that which holds its bytes.
};

/// The files of an image, as they are after all its layers were laid over one another, read without unpacking them and
/// from any place: whiteouts, links across layers and links on the way mean what they mean in docs/unpack.md, and what
/// is refused there is refused here. Memory grows with the names (`max_listed_files`), never with the files' bytes.
/// Used by one thread.
class ImageFiles {
 public:
  /// Reads every layer once and checks digests and diff IDs. `source` must outlive what is returned.
  /// Errors: `invalid_input` for what is no image, and for a layer that is malformed or climbs; `digest_mismatch`;
  /// `limit_exceeded`; the source's.
  [[nodiscard]] static Result<ImageFiles> read(ContentSource& source, const ManifestName& name,
                                               const ImageFilesOptions& options, const std::stop_token& stop);
  ~ImageFiles();
  ImageFiles(ImageFiles&&) noexcept;
  ImageFiles& operator=(ImageFiles&&) noexcept;

  [[nodiscard]] const Descriptor& image() const noexcept;
  [[nodiscard]] const std::optional<Platform>& platform() const noexcept;
  [[nodiscard]] const std::vector<Descriptor>& layers() const noexcept;

  /// What a path stands for, links on the way followed; the last name's too with `follow`. Errors: `not_found`;
  /// `invalid_input` for links in a circle. `..` and `.` are understood as a shell would.
  [[nodiscard]] Result<ImageFile> find(std::string_view path, bool follow) const;

  using Visitor = std::function<Result<void>(const ImageFile&)>;
  /// Calls `visit` for what is in a folder, sorted by name; with `recursive` for all below, a folder before its
  /// content. What is no folder is visited itself. Errors: those of `find` and of `visit`.
  [[nodiscard]] Result<void> list(std::string_view path, bool recursive, const Visitor& visit) const;

  /// Writes a file's bytes, links followed; its layer is read again, up to where the file ends, and so is not verified
  /// to its end, as it was when this was made. Does not finish `sink`. Errors: as `find`; `invalid_input` for what is
  /// no file; the source's and the sink's.
  [[nodiscard]] Result<void> read_file(std::string_view path, ByteSink& sink, const std::stop_token& stop) const;

  /// Writes all files as one archive, the same bytes each time: without whiteouts, a file with several names once and
  /// hard links to its first name after that, folders behind what they hold, the deepest first. Each layer that still
  /// has files is read again, and verified once more. Does not finish `sink`. Errors: the source's and the sink's.
  [[nodiscard]] Result<void> write_tar(ByteSink& sink, const std::stop_token& stop) const;

 private:
  struct State;
  explicit ImageFiles(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dray::ops
