#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/bytes.hpp>
#include <dray/base/result.hpp>
#include <dray/base/stream.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dray {

/// Owns an open file descriptor, or none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  ~FileDescriptor() { close(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void close() noexcept;

 private:
  int fd_ = -1;
};

/// What lies at a name, itself and not where a link leads.
struct FileStatus {
  enum class Kind : std::uint8_t { file, directory, link, other };
  Kind kind = Kind::other;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::chrono::system_clock::time_point modified;  ///< When its content changed, for a folder its names.
  std::chrono::system_clock::time_point changed;   ///< When that or anything else about it changed; set by the system.
};

/// An open file and what it was when it was opened.
struct OpenedFile {
  FileDescriptor file;
  FileStatus status;
};

/// A name inside a folder, and what it stands for.
struct DirectoryEntry {
  std::string name;
  FileStatus::Kind kind = FileStatus::Kind::other;
};

/// A folder held open: everything inside is reached through its descriptor, by a relative path that never
/// climbs out and no component of which is ever a followed link (`openat2` with `RESOLVE_BENEATH` and
/// `RESOLVE_NO_SYMLINKS`; where the kernel has it not, component by component with `O_NOFOLLOW`). A name with `..`,
/// a leading `/`, an empty component or a NUL, and a link on the way, are `invalid_input`.
/// Movable; safe to use from many threads.
class Directory {
 public:
  /// Opens an existing folder; `path` is a person's word, so links in it are followed.
  [[nodiscard]] static Result<Directory> open(const std::filesystem::path& path);
  /// Opens the folder, making it and its parents when they are absent (mode 0777 less the umask, or `mode`).
  [[nodiscard]] static Result<Directory> create(const std::filesystem::path& path, unsigned mode = 0777);

  /// For messages only.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// `not_found` when it is absent; a link, device, FIFO or folder is `invalid_input`.
  [[nodiscard]] Result<FileDescriptor> open_file(const std::string& name) const;
  /// Opens for reading and writing, makes it when absent (0644 less the umask, or `mode`); parents must exist.
  [[nodiscard]] Result<FileDescriptor> open_or_create_file(const std::string& name, unsigned mode = 0666) const;
  /// Opens a folder below this one, making each missing level.
  [[nodiscard]] Result<Directory> create_directory(const std::string& name, unsigned mode = 0777) const;
  [[nodiscard]] Result<Directory> open_directory(const std::string& name) const;
  [[nodiscard]] Result<bool> exists(const std::string& name) const;
  /// The size of a regular file; `not_found` when absent.
  [[nodiscard]] Result<std::uint64_t> file_size(const std::string& name) const;
  /// Removes a file; absent is no error.
  [[nodiscard]] Result<void> remove_file(const std::string& name) const;
  /// Removes a folder; one that is absent or holds something is left as it is, and no error.
  [[nodiscard]] Result<void> remove_empty_directory(const std::string& name) const;
  /// Moves a file inside this folder, over what is there, and syncs the folder that receives it.
  [[nodiscard]] Result<void> rename_and_sync(const std::string& from, const std::string& to) const;
  /// True when `name` still stands for the open `file`, and was not replaced or removed meanwhile.
  [[nodiscard]] Result<bool> names(const std::string& name, const FileDescriptor& file) const;
  /// The names inside, without `.` and `..`, unsorted. At most `limit`, more is `limit_exceeded`.
  [[nodiscard]] Result<std::vector<std::string>> list(std::size_t limit) const;
  /// The same with what each name stands for.
  [[nodiscard]] Result<std::vector<DirectoryEntry>> list_entries(std::size_t limit) const;

  // For those who do each step by itself. Modes are exact here, whatever the umask.

  /// `not_found` when it is absent.
  [[nodiscard]] Result<FileStatus> status(const std::string& name) const;
  /// The folder's own.
  [[nodiscard]] Result<FileStatus> status() const;
  /// `open_file` together with what the file is.
  [[nodiscard]] Result<OpenedFile> open_file_with_status(const std::string& name) const;
  /// Reads the beginning of a small file, at most `into.size()` bytes, in as few calls as can be.
  [[nodiscard]] Result<std::size_t> read_beginning(const std::string& name, ByteSpan into) const;
  /// Makes a file that must not be there yet, to be read and written.
  [[nodiscard]] Result<FileDescriptor> create_new_file(const std::string& name, unsigned mode) const;
  /// Makes one folder, whose parent must exist. False when it was there already.
  [[nodiscard]] Result<bool> make_directory(const std::string& name, unsigned mode) const;
  /// Moves a file or folder inside this folder, a file over a file that is there. Syncs nothing.
  [[nodiscard]] Result<void> move(const std::string& from, const std::string& to) const;
  /// Sets the time of the last modification.
  [[nodiscard]] Result<void> touch(const std::string& name, std::chrono::system_clock::time_point modified) const;
  /// Syncs a folder inside, or a file.
  [[nodiscard]] Result<void> sync_inside(const std::string& name) const;

  /// Makes what was renamed into this folder last over a power cut.
  [[nodiscard]] Result<void> sync() const;
  /// Bytes that an ordinary user may still write on this file system.
  [[nodiscard]] Result<std::uint64_t> free_bytes() const;

 private:
  Directory(FileDescriptor fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  FileDescriptor fd_;
  std::filesystem::path path_;
};

/// Writes all of `bytes` at `offset`; handles short writes and EINTR.
[[nodiscard]] Result<void> write_at(const FileDescriptor& file, std::uint64_t offset, ByteView bytes);
/// Reads at most `into.size()` bytes at `offset`; 0 at the end of the file.
[[nodiscard]] Result<std::size_t> read_at(const FileDescriptor& file, std::uint64_t offset, ByteSpan into);
[[nodiscard]] Result<std::uint64_t> size_of(const FileDescriptor& file);
/// The same open file under another descriptor.
[[nodiscard]] Result<FileDescriptor> duplicate(const FileDescriptor& file);
/// Opens a new file without a name, to be read and written, in the system's temporary folder (`TMPDIR`); its room is
/// given back with its last descriptor.
[[nodiscard]] Result<FileDescriptor> open_temporary_file();
[[nodiscard]] Result<void> resize(const FileDescriptor& file, std::uint64_t size);
/// Sets disk space aside so that a full disk is met now; a file system that cannot is no error.
[[nodiscard]] Result<void> reserve(const FileDescriptor& file, std::uint64_t size);
/// Makes the file's data last over a power cut. A failure is final: never retried on the same descriptor.
[[nodiscard]] Result<void> sync(const FileDescriptor& file);
/// Takes an exclusive advisory lock on the file, which dies with the process. False when somebody else has it.
[[nodiscard]] Result<bool> try_lock(const FileDescriptor& file);

/// The same for a lock that others may share; an exclusive one and a shared one exclude each other.
[[nodiscard]] Result<bool> try_lock_shared(const FileDescriptor& file);

/// Gives `to` the bytes of `from` by sharing its blocks (a reflink), whatever it held before; a later write to either
/// leaves the other as it is. False, with `to` as it was, where the file systems cannot.
[[nodiscard]] Result<bool> clone_file(const FileDescriptor& from, const FileDescriptor& to);

/// An extended attribute of a file or folder that is open for reading; nullopt where it, or its file system, has none.
[[nodiscard]] Result<std::optional<std::string>> read_xattr(const FileDescriptor& file, const char* name);

/// Starts writing a range of the file's data to the disk and does not wait, so that `sync` has less to do.
void start_writeback(const FileDescriptor& file, ByteRange range) noexcept;

/// The bytes of a file from `range.begin` to `range.end`, through a descriptor that it owns.
class FileSource final : public ByteSource {
 public:
  FileSource(FileDescriptor file, ByteRange range) : file_(std::move(file)), range_(range) {}
  /// A file that ends before the range does is `unavailable`.
  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override;
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t bytes) override;

 private:
  FileDescriptor file_;
  ByteRange range_;  // what is left
};

/// Writes a small file as a whole: temporary name in the same folder, sync, rename, sync of the folder.
/// Readers see the old bytes or the new ones, never a part.
[[nodiscard]] Result<void> write_file_atomically(const Directory& directory, const std::string& name, ByteView bytes,
                                                 unsigned mode = 0666);
/// Reads a regular file of at most `limit` bytes.
[[nodiscard]] Result<std::string> read_file(const Directory& directory, const std::string& name, std::uint64_t limit);
/// The same for a path that a person named: a link is followed.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace dray
