#pragma once

#include <chrono>
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
  std::uint32_t mode = 0;
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

/// Reads ustar, PAX and GNU archives strictly: what two readers could take for different things is refused
/// (`invalid_input`, the offset is named), see docs/limits.md and reliability row U-9.
/// Used by one thread.
class TarReader {
 public:
  explicit TarReader(ByteSource& source);
  ~TarReader();
  /// The next entry; nullopt at the end of the archive, after whose blocks of zeros the rest is read and dropped
  /// (it is part of the diff ID). The rest of the last entry's data is skipped.
  [[nodiscard]] Result<std::optional<TarEntry>> next();
  /// Data of the current entry; 0 at its end.
  [[nodiscard]] Result<std::size_t> read(ByteSpan into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes PAX archives whose bytes depend on the entries alone; the ustar form where it suffices.
class TarWriter {
 public:
  explicit TarWriter(ByteSink& sink) : sink_(sink) {}
  /// Begins an entry; exactly `entry.size` bytes of data must follow for a file.
  [[nodiscard]] Result<void> add(const TarEntry& entry);
  [[nodiscard]] Result<void> write(ByteView bytes);
  /// Writes the end blocks; does not finish the sink.
  [[nodiscard]] Result<void> finish();

 private:
  ByteSink& sink_;
  std::uint64_t left_ = 0;
  std::uint64_t padding_ = 0;
};

}  // namespace dray
