#include "spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace dray::ops {

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

Result<Spool> Spool::open() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) return errno_error("find the temporary folder (TMPDIR)", error.value());
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) {
    DRAY_TRY_ASSIGN(file, open_and_unlink(folder));
  }
  return Spool(std::move(file));
}

Result<void> Spool::write(ByteView bytes) {
  auto written = write_at(file_, size_, bytes);
  if (!written) return std::move(written).error().context("temporary file (TMPDIR)");
  digester_.update(bytes);
  size_ += bytes.size();
  return {};
}

BlobOpener Spool::opener() const {
  return [this]() -> Result<std::unique_ptr<ByteSource>> {
    FileDescriptor again(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
    if (!again) return errno_error("open the temporary file again", errno);
    return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(again), ByteRange{0, size_}));
  };
}

}  // namespace dray::ops
