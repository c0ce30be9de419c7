#include "work_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tree.hpp"

namespace dray::ops {

namespace {

constexpr mode_t work_mode = 0700;
constexpr int work_folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr const char* tree_name = "tree";
constexpr const char* layers_name = "layers";
constexpr const char* lock_name = "lock";

/// What is there must be a folder with nothing in it.
Result<void> check_free(const Directory& parent, const std::string& name) {
  const auto shown = (parent.path() / name).string();
  const FileDescriptor there(::openat(parent.fd(), name.c_str(), work_folder_flags));
  if (!there) {
    if (errno == ENOENT) return {};
    if (errno == ENOTDIR || errno == ELOOP) {
      return Error(ErrorCode::conflict, shown + " is there already, and is no folder: choose another name");
    }
    return errno_error("cannot look at " + shown, errno);
  }
  DRAY_TRY_ASSIGN(auto copy, duplicate(there));
  DRAY_TRY_ASSIGN(const auto names, names_in(Folder{std::move(copy), "", 0}));
  if (names.empty()) return {};
  return Error(ErrorCode::conflict, shown + " holds something already: name a folder that is absent or empty");
}

}  // namespace

WorkFolder::WorkFolder(Directory parent, std::string name, FileDescriptor lock)
    : parent_(std::move(parent)),
      name_(std::move(name)),
      work_name_("." + name_ + ".dray-unpack"),
      lock_(std::move(lock)) {}

Result<WorkFolder> WorkFolder::open(const std::filesystem::path& folder) {
  auto path = folder.lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  const auto name = path.filename().string();
  if (name.empty() || name == "." || name == "..") {
    return Error(ErrorCode::invalid_input,
                 "'" + folder.string() + "' is no folder that could be made: name one that is absent");
  }
  const auto above = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  DRAY_TRY_ASSIGN(auto parent, Directory::create(above));
  DRAY_TRY(check_free(parent, name));
  const auto work = "." + name + ".dray-unpack";
  if (::mkdirat(parent.fd(), work.c_str(), work_mode) != 0 && errno != EEXIST) {
    return errno_error("cannot make " + (above / work).string(), errno);
  }
  DRAY_TRY_ASSIGN(auto lock, parent.open_or_create_file(work + "/" + lock_name, work_mode & 0600));
  DRAY_TRY_ASSIGN(const bool free, try_lock(lock));
  if (!free) {
    return Error(ErrorCode::conflict, "somebody is unpacking into " + folder.string() + " at this moment");
  }
  WorkFolder made(std::move(parent), name, std::move(lock));
  DRAY_TRY(made.remove(tree_name));
  return made;
}

Result<void> WorkFolder::remove(const std::string& what) {
  FileDescriptor fd(::openat(parent_.fd(), work_name_.c_str(), work_folder_flags));
  if (!fd) return errno_error("cannot open " + path().string(), errno);
  return remove_all(Folder{std::move(fd), "", 0}, what);
}

Result<FileDescriptor> WorkFolder::make_tree() {
  const auto tree = work_name_ + "/" + tree_name;
  if (::mkdirat(parent_.fd(), tree.c_str(), work_mode) != 0) {
    return errno_error("cannot make " + (path() / tree_name).string(), errno);
  }
  FileDescriptor fd(::openat(parent_.fd(), tree.c_str(), work_folder_flags));
  if (!fd) return errno_error("cannot open " + (path() / tree_name).string(), errno);
  return fd;
}

Result<void> WorkFolder::publish() {
  const auto tree = work_name_ + "/" + tree_name;
  if (::renameat(parent_.fd(), tree.c_str(), parent_.fd(), name_.c_str()) != 0) {
    const auto target = (parent_.path() / name_).string();
    if (errno == ENOTEMPTY || errno == EEXIST) {
      return Error(ErrorCode::conflict, "somebody put something into " + target + " meanwhile");
    }
    if (errno == EBUSY) {
      return Error(ErrorCode::conflict,
                   target + " is in use, as the root of a mounted file system: unpack into a folder below it");
    }
    return errno_error("cannot give the tree the name " + target, errno);
  }
  keeps_layers_ = false;
  return parent_.sync();
}

WorkFolder::~WorkFolder() {
  if (!lock_) return;  // moved from
  // What cannot be removed now is removed by who unpacks here next.
  (void)remove(tree_name);
  if (keeps_layers_) return;
  (void)remove(layers_name);
  (void)remove(lock_name);
  (void)::unlinkat(parent_.fd(), work_name_.c_str(), AT_REMOVEDIR);
}

}  // namespace dray::ops
