#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace dray {

enum class TarType : std::uint8_t { file, hard_link, symlink, character_device, block_device, directory, fifo };

/// One entry of a tar archive, after PAX and GNU extensions were applied.
struct TarEntry {
  TarType type = TarType::file;
  std::string path;       ///< As written; resolving it safely is the reader's work.
  std::string link_path;  ///< Of hard links and symlinks.
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< Permissions and the set-id and sticky bits alone: 07777.
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::string user;
  std::string group;
  std::int64_t mtime_seconds = 0;
  std::uint32_t mtime_nanoseconds = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  ///< From `SCHILY.xattr.` records.
  std::uint64_t header_offset = 0;            ///< Of the first header block of this entry, extensions included.
  std::uint64_t data_offset = 0;
};

/// Reads V7, ustar, PAX and GNU archives strictly: what two readers could take for different things is refused,
/// so that a listing here is what every other reader sees. docs/formats/tar.md tells each rule; in short:
/// - checksums, numbers, PAX records and long names must be well formed; nothing malformed is skipped;
/// - a size in a PAX header must be the header's (which may be 0 only where it cannot hold the number); only files
///   have data; PAX and GNU extensions are not mixed and each belongs to an entry;
/// - sparse, incremental and multi-volume archives and global headers (save comments) are refused.
/// Errors name the offset: `invalid_input`; `unsupported` for kinds of entries that are not read; `limit_exceeded` for
/// more than `max_archive_entries`, `max_archive_header_bytes`, `max_unpacked_bytes`, or paths beyond
/// `max_archive_path_bytes`, `max_archive_name_bytes` and `max_archive_path_depth`; and the source's own.
/// The archive ends with zeros, or without them where an entry ends. Used by one thread.
class TarReader {
 public:
  /// `source` must outlive the reader, which reads ahead.
  explicit TarReader(ByteSource& source);
  ~TarReader();
  TarReader(TarReader&& other) noexcept;
  TarReader& operator=(TarReader&& other) noexcept;

  /// The next entry; nullopt at the end of the archive, after whose blocks of zeros the rest is read and dropped
  /// (it is part of the diff ID). The rest of the last entry's data is skipped. After an error it is given again.
  [[nodiscard]] Result<std::optional<TarEntry>> next();
  /// Data of the current entry; 0 at its end.
  [[nodiscard]] Result<std::size_t> read(ByteSpan into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes archives whose bytes depend on the entries alone: the ustar form where it suffices, else a PAX header in
/// front (long or non-ASCII names, large numbers, fractions of seconds, xattrs). Used by one thread.
class TarWriter {
 public:
  explicit TarWriter(ByteSink& sink) : sink_(sink) {}
  /// Begins an entry; exactly `entry.size` bytes of data must follow for a file. Offsets in `entry` mean nothing.
  /// Errors: `invalid_input` for an entry that no archive can hold (no path, a NUL in a name, data of a folder, a
  /// file whose path ends with a slash, a link to nothing) or while the last entry still lacks data; the sink's own.
  [[nodiscard]] Result<void> add(const TarEntry& entry);
  /// More than the entry's size is `invalid_input`.
  [[nodiscard]] Result<void> write(ByteView bytes);
  /// Writes the end blocks; does not finish the sink.
  [[nodiscard]] Result<void> finish();

 private:
  ByteSink& sink_;
  std::uint64_t left_ = 0;
  std::uint64_t padding_ = 0;
};

}  // namespace dray
