#include "beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "system.hpp"

namespace dray::beneath {
namespace {

/// openat2's EAGAIN means that a rename raced with the look-up and may be tried again.
constexpr int max_lookup_tries = 100;

int open_with_openat2(int folder, const char* name, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int tries = 1;; ++tries) {
    const auto fd = system::call(SystemCall::open_beneath, [&] {
      return static_cast<int>(::syscall(SYS_openat2, folder, name, &how, sizeof how));
    });
    if (fd >= 0 || errno != EAGAIN || tries == max_lookup_tries) return fd;
  }
}

int open_component(int folder, const std::string& name, int flags, mode_t mode) {
  return system::call(SystemCall::open, [&] { return ::openat(folder, name.c_str(), flags | O_NOFOLLOW, mode); });
}

/// The same for kernels, and sandboxes, without openat2. The name has no `..` and no empty component.
int open_by_components(int folder, std::string_view name, int flags, mode_t mode) {
  FileDescriptor parent;
  while (true) {
    const auto slash = name.find('/');
    const int at = parent ? parent.get() : folder;
    if (slash == std::string_view::npos) return open_component(at, std::string(name), flags, mode);
    const int next = open_component(at, std::string(name.substr(0, slash)), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (next < 0) return -1;
    parent = FileDescriptor(next);
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string attempt(std::string_view verb, const Directory& directory, std::string_view name) {
  return "cannot " + std::string(verb) + " " + (directory.path() / name).string();
}

Error name_error(const std::string& attempted, int error_number) {
  switch (error_number) {
    case ELOOP:
      return {ErrorCode::invalid_input, attempted + ": a link is in the way, and links are not followed here"};
    case EXDEV:
      return {ErrorCode::invalid_input, attempted + ": the path leaves the folder"};
    case ENOTDIR:
      return {ErrorCode::invalid_input, attempted + ": a part of the path is no folder"};
    case EISDIR:
      return {ErrorCode::invalid_input, attempted + ": it is a folder, not a file"};
    case ENXIO:
      return {ErrorCode::invalid_input, attempted + ": it is a socket or device, not a file"};
    case ENAMETOOLONG:
      return {ErrorCode::invalid_input, attempted + ": the name is too long"};
    default:
      return errno_error(attempted, error_number);
  }
}

Result<void> check_name(const Directory& directory, std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorCode::invalid_input,
                 "refused a name inside " + directory.path().string() + ": " + std::string(why));
  };
  if (name.find('\0') != std::string_view::npos) return refuse("it holds a NUL");
  while (true) {
    const auto slash = name.find('/');
    const auto component = name.substr(0, slash);
    if (component.empty()) return refuse("it is absolute or has an empty part");
    if (component == "." || component == "..") return refuse("it has a part that is . or ..");
    if (slash == std::string_view::npos) return {};
    name.remove_prefix(slash + 1);
  }
}

Result<FileDescriptor> open(const Directory& directory, const std::string& name, int flags, mode_t mode) {
  DRAY_TRY(check_name(directory, name));
  flags |= O_CLOEXEC | O_NOCTTY;
  int fd = open_with_openat2(directory.fd(), name.c_str(), flags, mode);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) fd = open_by_components(directory.fd(), name, flags, mode);
  if (fd < 0) return name_error(attempt("open", directory, name), errno);
  return FileDescriptor(fd);
}

Result<Place> locate(const Directory& directory, const std::string& name) {
  DRAY_TRY(check_name(directory, name));
  const auto slash = name.rfind('/');
  if (slash == std::string::npos) return Place{.opened = {}, .folder = directory.fd(), .last = name};
  DRAY_TRY_ASSIGN(auto parent, open(directory, name.substr(0, slash), O_RDONLY | O_DIRECTORY));
  const int folder = parent.get();
  return Place{.opened = std::move(parent), .folder = folder, .last = name.substr(slash + 1)};
}

}  // namespace dray::beneath
