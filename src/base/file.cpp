#include <dray/base/file.hpp>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "beneath.hpp"
#include "system.hpp"

namespace dray {
namespace {

Result<std::string> read_open_file(FileDescriptor file, std::uint64_t limit, const std::string& path) {
  DRAY_TRY_ASSIGN(const auto size, size_of(file));
  const auto too_large = [&] {
    return Error(ErrorCode::limit_exceeded, path + " is larger than " + std::to_string(limit) + " bytes");
  };
  if (size > limit) return too_large();
  // Files such as those of /proc say 0 and hold more, so the end is looked for.
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::size_t filled = 0;
  while (true) {
    DRAY_TRY_ASSIGN(const auto count,
                    read_at(file, filled, std::as_writable_bytes(std::span(text)).subspan(filled))
                        .transform_error([&](Error error) { return std::move(error).context(path); }));
    filled += count;
    if (filled > limit) return too_large();
    if (count == 0) break;
    if (filled == text.size()) text.resize(static_cast<std::size_t>(std::min<std::uint64_t>(2 * filled, limit + 1)));
  }
  text.resize(filled);
  return text;
}

Result<std::string> temporary_name(const std::string& name) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return errno_error("cannot draw a random name", errno);
  const auto slash = name.rfind('/');
  const auto base = slash == std::string::npos ? 0 : slash + 1;
  return name.substr(0, base) + "." + name.substr(base) + "." + std::to_string(number) + ".tmp";
}

Result<bool> try_flock(const FileDescriptor& file, int kind) {
  if (system::call(SystemCall::lock, [&] { return ::flock(file.get(), kind | LOCK_NB); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return errno_error("cannot lock a file", errno);
}

Result<void> write_and_sync(const Directory& directory, const std::string& name, ByteView bytes, unsigned mode) {
  DRAY_TRY_ASSIGN(const auto file, beneath::open(directory, name, O_WRONLY | O_CREAT | O_EXCL, mode));
  DRAY_TRY(write_at(file, 0, bytes));
  return sync(file);
}

}  // namespace

void FileDescriptor::close() noexcept {
  // Errors of close are those of earlier writes; whoever must know them calls sync first.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<void> write_at(const FileDescriptor& file, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto count = system::call(SystemCall::write, [&] {
      return ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (count < 0) return errno_error("cannot write " + std::to_string(bytes.size()) + " bytes", errno);
    if (count == 0) return Error(ErrorCode::io, "cannot write: the file takes no bytes");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<std::size_t> read_at(const FileDescriptor& file, std::uint64_t offset, ByteSpan into) {
  const auto count = system::call(
      SystemCall::read, [&] { return ::pread(file.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
  if (count < 0) return errno_error("cannot read", errno);
  return static_cast<std::size_t>(count);
}

Result<std::uint64_t> size_of(const FileDescriptor& file) {
  struct stat status{};
  if (system::call(SystemCall::inspect, [&] { return ::fstat(file.get(), &status); }) != 0) {
    return errno_error("cannot tell a file's size", errno);
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> resize(const FileDescriptor& file, std::uint64_t size) {
  if (system::call(SystemCall::resize, [&] { return ::ftruncate(file.get(), static_cast<off_t>(size)); }) != 0) {
    return errno_error("cannot set a file's size to " + std::to_string(size) + " bytes", errno);
  }
  return {};
}

Result<void> reserve(const FileDescriptor& file, std::uint64_t size) {
  if (size == 0) return {};
  const int done =
      system::call(SystemCall::reserve, [&] { return ::fallocate(file.get(), 0, 0, static_cast<off_t>(size)); });
  if (done == 0 || errno == EOPNOTSUPP || errno == ENOSYS) return {};
  return errno_error("cannot set aside " + std::to_string(size) + " bytes", errno);
}

Result<bool> clone_file(const FileDescriptor& from, const FileDescriptor& to) {
  if (system::call(SystemCall::write, [&] { return ::ioctl(to.get(), FICLONE, from.get()); }) == 0) return true;
  for (const int cannot : {EOPNOTSUPP, ENOTTY, EXDEV, EINVAL, ENOSYS, EPERM}) {
    if (errno == cannot) return false;
  }
  return errno_error("cannot share the blocks of a file", errno);
}

Result<std::optional<std::string>> read_xattr(const FileDescriptor& file, const char* name) {
  std::string value(XATTR_SIZE_MAX, '\0');
  const auto size = ::fgetxattr(file.get(), name, value.data(), value.size());
  if (size >= 0) {
    value.resize(static_cast<std::size_t>(size));
    return std::optional(std::move(value));
  }
  if (errno == ENODATA || errno == EOPNOTSUPP || errno == ENOSYS) return std::optional<std::string>();
  return errno_error(std::string("cannot read the extended attribute ") + name, errno);
}

Result<void> sync(const FileDescriptor& file) {
  if (system::call(SystemCall::sync, [&] { return ::fsync(file.get()); }) != 0) {
    return errno_error("cannot sync a file", errno);
  }
  return {};
}

Result<bool> try_lock(const FileDescriptor& file) { return try_flock(file, LOCK_EX); }

Result<bool> try_lock_shared(const FileDescriptor& file) { return try_flock(file, LOCK_SH); }

void start_writeback(const FileDescriptor& file, ByteRange range) noexcept {
  // Only a hint: where it fails, sync does all the work and reports what fails then.
  (void)::sync_file_range(file.get(), static_cast<off_t>(range.begin), static_cast<off_t>(range.size()),
                          SYNC_FILE_RANGE_WRITE);
}

Result<std::size_t> FileSource::read(ByteSpan into) {
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), range_.empty() ? 0 : range_.size()));
  if (wanted == 0) return std::size_t{0};
  DRAY_TRY_ASSIGN(const auto count, read_at(file_, range_.begin, into.first(wanted)));
  if (count == 0) return Error(ErrorCode::unavailable, "the file ended early");
  range_.begin += count;
  return count;
}

Result<std::uint64_t> FileSource::skip(std::uint64_t bytes) {
  const auto count = range_.empty() ? 0 : std::min(bytes, range_.size());
  range_.begin += count;
  return count;
}

Result<void> write_file_atomically(const Directory& directory, const std::string& name, ByteView bytes, unsigned mode) {
  DRAY_TRY_ASSIGN(const auto temporary, temporary_name(name));
  auto done = write_and_sync(directory, temporary, bytes, mode);
  if (done) done = directory.rename_and_sync(temporary, name);
  if (done) return {};
  // The reason that counts is the first one; what cannot be removed has a name of its own and harms nobody.
  (void)directory.remove_file(temporary);
  return std::move(done).error().context("write " + (directory.path() / name).string());
}

Result<std::string> read_file(const Directory& directory, const std::string& name, std::uint64_t limit) {
  DRAY_TRY_ASSIGN(auto file, directory.open_file(name));
  return read_open_file(std::move(file), limit, (directory.path() / name).string());
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const int fd = system::call(SystemCall::open, [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); });
  if (fd < 0) return errno_error("cannot open " + path.string(), errno);
  FileDescriptor file(fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) return errno_error("cannot open " + path.string(), errno);
  if (S_ISDIR(status.st_mode)) return Error(ErrorCode::invalid_input, path.string() + " is a folder, not a file");
  return read_open_file(std::move(file), limit, path.string());
}

}  // namespace dray
