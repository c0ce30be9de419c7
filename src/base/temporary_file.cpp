#include <dray/base/file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

namespace dray {
namespace {

/// For file systems that have no files without a name.
Result<FileDescriptor> open_and_unlink(const std::filesystem::path& folder) {
  auto name = (folder / "dray-XXXXXX").string();
  FileDescriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return errno_error("make a temporary file in " + folder.string(), errno);
  if (::unlink(name.c_str()) != 0) return errno_error("unlink " + name, errno);
  return file;
}

}  // namespace

Result<FileDescriptor> open_temporary_file() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) return errno_error("find the temporary folder (TMPDIR)", error.value());
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  return open_and_unlink(folder);
}

Result<FileDescriptor> duplicate(const FileDescriptor& file) {
  FileDescriptor again(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
  if (!again) return errno_error("open a file's descriptor again", errno);
  return again;
}

}  // namespace dray
