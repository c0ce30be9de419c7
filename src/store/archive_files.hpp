#pragma once

#include <dray/base/bytes.hpp>
#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dray {

/// A tar archive that can be read at any offset, looked through once: where each of its files is. Costs its names, at
/// most `max_archive_names_bytes` of them. Safe from many threads.
class ArchiveFiles {
 public:
  /// Reads the headers and skips the data. Errors: as `TarReader`; `invalid_input` for a file that is there twice,
  /// which readers take for different things.
  [[nodiscard]] static Result<ArchiveFiles> read(FileDescriptor file);

  /// Where the file's bytes are; nullptr where there is none. A link is followed inside the archive.
  [[nodiscard]] const ByteRange* find(std::string_view path) const;
  /// A part of the archive's bytes, all of it or those of `range` (its offsets are the part's).
  [[nodiscard]] Result<std::unique_ptr<ByteSource>> open(ByteRange part, ByteRange range) const;
  [[nodiscard]] Result<std::unique_ptr<ByteSource>> open(ByteRange part) const;
  /// All of a part, at most `limit` bytes: `limit_exceeded`.
  [[nodiscard]] Result<std::string> read(ByteRange part, std::uint64_t limit) const;

 private:
  using Link = std::string;  // the path it leads to, as `plain_path` has it
  explicit ArchiveFiles(FileDescriptor file) : file_(std::move(file)) {}
  [[nodiscard]] Result<void> look_through();

  FileDescriptor file_;
  std::map<std::string, std::variant<ByteRange, Link>, std::less<>> entries_;
};

/// A path below the archive's root, without `.`, `..` and empty parts, as it is found from `folder`. nullopt for one
/// that leads out.
[[nodiscard]] std::optional<std::string> plain_path(std::string_view folder, std::string_view path);

}  // namespace dray
