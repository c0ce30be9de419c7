#include "archive_input.hpp"

#include <dray/base/stop.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "disk_blobs.hpp"

namespace dray {
namespace {

constexpr std::size_t magic_bytes = 6;
/// So soon a stop is noticed while a pipe is silent.
constexpr int poll_milliseconds = 200;

/// What a pipe gives, until `stop`.
class PipeSource final : public ByteSource {
 public:
  PipeSource(FileDescriptor pipe, std::stop_token stop) : pipe_(std::move(pipe)), stop_(std::move(stop)) {}
  Result<std::size_t> read(ByteSpan into) override {
    while (!stop_.stop_requested()) {
      pollfd wait{.fd = pipe_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, poll_milliseconds) == 0) continue;
      const auto count = ::read(pipe_.get(), into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR && errno != EAGAIN) return errno_error("read", errno);
    }
    return Error(ErrorCode::cancelled, "stopped");
  }

 private:
  FileDescriptor pipe_;
  std::stop_token stop_;
};

Result<struct stat> status_of(const FileDescriptor& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return errno_error("look at it", errno);
  return status;
}

Result<FileDescriptor> open_path(const std::string& path) {
  if (path == "-") {
    FileDescriptor input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!input) return errno_error("open", errno);
    return input;
  }
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno_error("open", errno);
  return file;
}

/// A file that somebody has begun to read is read on from there.
bool is_at_its_begin(const FileDescriptor& file) { return ::lseek(file.get(), 0, SEEK_CUR) == 0; }

Result<bool> is_plain(const FileDescriptor& file) {
  std::array<std::byte, magic_bytes> first{};
  DRAY_TRY_ASSIGN(const auto count, read_at(file, 0, first));
  return detect_compression(ByteView(first).first(count)) == Compression::none;
}

Result<FileDescriptor> spool(std::unique_ptr<ByteSource> from, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto plain, decompress_detected(std::move(from)));
  DRAY_TRY_ASSIGN(auto file, open_temporary_file());
  std::vector<std::byte> buffer(copy_buffer_bytes);
  std::uint64_t at = 0;
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, plain->read(buffer));
    if (count == 0) return file;
    if (count > limits::max_unpacked_bytes - at) {
      return Error(ErrorCode::limit_exceeded,
                   "the archive is larger than " + std::to_string(limits::max_unpacked_bytes) + " bytes");
    }
    DRAY_TRY(write_at(file, at, ByteView(buffer).first(count)).transform_error([](Error error) {
      return std::move(error).context("the temporary file that it is unpacked into (TMPDIR)");
    }));
    at += count;
  }
}

}  // namespace

Result<FileDescriptor> open_archive_input(const std::string& path, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto file, open_path(path));
  DRAY_TRY_ASSIGN(const auto status, status_of(file));
  if (S_ISDIR(status.st_mode)) {
    return Error(ErrorCode::invalid_input,
                 "it is a folder, no archive; is oci:" + path + " or dir:" + path + " meant?");
  }
  if (!S_ISREG(status.st_mode) || !is_at_its_begin(file)) {
    return spool(std::make_unique<PipeSource>(std::move(file), stop), stop);
  }
  DRAY_TRY_ASSIGN(const bool plain, is_plain(file));
  if (plain) return file;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return spool(std::make_unique<FileSource>(std::move(file), ByteRange{0, size}), stop);
}

}  // namespace dray
