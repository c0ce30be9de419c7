#include "input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <dray/base/file.hpp>

#include <cerrno>

namespace dray::cli {
namespace {

class DescriptorSource final : public ByteSource {
 public:
  explicit DescriptorSource(int fd) : fd_(fd) {}
  Result<std::size_t> read(ByteSpan into) override {
    while (true) {
      const auto count = ::read(fd_, into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return errno_error("read standard input", errno);
    }
  }

 private:
  int fd_;
};

struct RegularFile {
  FileDescriptor descriptor;
  std::uint64_t size = 0;
};

Result<RegularFile> open_regular(const std::string& file) {
  // Who writes a FIFO might never come.
  FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) return errno_error("open " + file, errno);
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0) return errno_error("look at " + file, errno);
  if (!S_ISREG(status.st_mode)) {
    return Error(ErrorCode::invalid_input, file + " is no regular file; its size must be known before it is sent");
  }
  return RegularFile{std::move(descriptor), static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace

Result<std::string> read_input(const std::string& file, std::uint64_t limit) {
  const auto name_it = [&](Error error) { return std::move(error).context(file == "-" ? "standard input" : file); };
  if (file == "-") {
    DescriptorSource source(STDIN_FILENO);
    return read_all(source, limit).transform_error(name_it);
  }
  return read_file(std::filesystem::path(file), limit);
}

Result<InputFile> open_input(const std::string& file) {
  DRAY_TRY_ASSIGN(auto opened, open_regular(file));
  return InputFile{std::make_unique<FileSource>(std::move(opened.descriptor), ByteRange{0, opened.size}), opened.size};
}

Result<InputFile> open_input(const std::string& file, const ByteRange& range) {
  DRAY_TRY_ASSIGN(auto opened, open_regular(file));
  return InputFile{std::make_unique<FileSource>(std::move(opened.descriptor), range), opened.size};
}

}  // namespace dray::cli
