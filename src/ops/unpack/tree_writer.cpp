#include "tree_writer.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "entry_path.hpp"
#include "layer_entry.hpp"

namespace dray::ops {

namespace {

constexpr std::size_t file_buffer_bytes = 256UL * 1024;
constexpr std::uint32_t permission_bits = 0777;
constexpr std::uint32_t implied_mode = 0755;
constexpr mode_t private_file_mode = 0600;
constexpr mode_t private_folder_mode = 0700;

timespec entry_time(const TarEntry& entry) {
  return {.tv_sec = entry.mtime_seconds, .tv_nsec = static_cast<long>(entry.mtime_nanoseconds)};
}

/// What a file may be given: capabilities, what users keep, and access lists. Others speak of the machine that they
/// were made on, or would make the kernel take the file for something else (`trusted.overlay.*`).
bool is_allowed_xattr(std::string_view name) {
  if (name == "security.capability" || name == "system.posix_acl_access" || name == "system.posix_acl_default") {
    return true;
  }
  return name.starts_with("user.") && !name.starts_with("user.overlay.");
}

bool is_device_node(const TarEntry& entry) {
  return entry.type == TarType::character_device || entry.type == TarType::block_device;
}

/// Bits that the umask takes from new files; all where that cannot be seen.
mode_t masked_bits(const Folder& folder) {
  const FileDescriptor probe(::openat(folder.fd.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, permission_bits));
  FileStat status{};
  if (!probe || ::fstat(probe.get(), &status) != 0) return permission_bits;
  return permission_bits & ~status.st_mode;
}

bool is_all_zeros(ByteView bytes) {
  return bytes.empty() ||
         (bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

Error put_error(const char* what, const std::string& path, int error) {
  return errno_error(std::string("cannot ") + what + " " + shown_path(path) + " in the tree", error);
}

}  // namespace

TreeWriter::TreeWriter(FileDescriptor root, const TreeRules& rules, LeftOut left_out)
    : root_(std::move(root)), rules_(rules), left_out_(std::move(left_out)), buffer_(file_buffer_bytes) {}

Result<void> TreeWriter::open() {
  auto made = [this](const Folder& folder) {
    TarEntry entry;
    entry.mode = implied_mode;
    entry.mtime_seconds = now_.tv_sec;
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(now_.tv_nsec);
    note_folder(folder, entry);
  };
  DRAY_TRY_ASSIGN(auto tree, Tree::open(std::move(root_), std::move(made)));
  tree_.emplace(std::move(tree));
  masked_bits_ = masked_bits(*tree_->root());
  TarEntry root;
  root.mode = implied_mode;
  note_folder(*tree_->root(), root);
  return {};
}

void TreeWriter::note_folder(const Folder& folder, const TarEntry& entry) {
  folders_.insert_or_assign(folder.path, FolderAttributes{.inode = folder.inode,
                                                          .mode = entry.mode,
                                                          .uid = static_cast<uid_t>(entry.uid),
                                                          .gid = static_cast<gid_t>(entry.gid),
                                                          .modified = entry_time(entry),
                                                          .xattrs = entry.xattrs});
}

Result<FolderPtr> TreeWriter::put(const std::vector<std::string>& names, const TarEntry& entry, TarReader& data) {
  now_ = entry_time(entry);
  if (names.empty()) {
    note_folder(*tree_->root(), entry);
    return FolderPtr();
  }
  DRAY_TRY_ASSIGN(const auto above, tree_->make({names.begin(), names.end() - 1}));
  DRAY_TRY(check_depth(*above));
  const auto& name = names.back();
  auto done = Result<void>();
  switch (entry.type) {
    case TarType::directory:
      done = put_folder(*above, name, entry);
      break;
    case TarType::file:
      done = put_file(*above, name, entry, data);
      break;
    case TarType::symlink:
      done = put_symlink(*above, name, entry);
      break;
    case TarType::hard_link:
      done = put_hard_link(*above, name, entry);
      break;
    case TarType::character_device:
    case TarType::block_device:
    case TarType::fifo:
      done = put_node(*above, name, entry);
      break;
  }
  DRAY_TRY(std::move(done));
  return above;
}

/// Removes what has the name.
Result<void> TreeWriter::make_room(const Folder& above, const std::string& name) {
  DRAY_TRY_ASSIGN(const auto status, status_of(above, name));
  if (!status) return {};
  if (S_ISDIR(status->st_mode) || S_ISLNK(status->st_mode)) tree_->forget();
  forget_waiting(above.below(name));
  return remove_all(above, name);
}

Result<void> TreeWriter::put_folder(const Folder& above, const std::string& name, const TarEntry& entry) {
  if (::mkdirat(above.fd.get(), name.c_str(), private_folder_mode) != 0) {
    if (errno != EEXIST) return put_error("make the folder", above.below(name), errno);
    DRAY_TRY_ASSIGN(const auto status, status_of(above, name));
    if (!status || !S_ISDIR(status->st_mode)) {
      DRAY_TRY(make_room(above, name));
      if (::mkdirat(above.fd.get(), name.c_str(), private_folder_mode) != 0) {
        return put_error("make the folder", above.below(name), errno);
      }
    }
  }
  DRAY_TRY_ASSIGN(const auto folder, open_folder(above, name));
  note_folder(*folder, entry);
  return {};
}

Result<void> TreeWriter::put_file(const Folder& above, const std::string& name, const TarEntry& entry,
                                  TarReader& data) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  // Whoever unpacks without root's rights must be able to write what it may not read later.
  const auto mode = entry.mode & permission_bits;
  const auto first_mode = rules_.owners ? mode : mode | private_file_mode;
  int fd = ::openat(above.fd.get(), name.c_str(), flags, first_mode);
  if (fd < 0 && errno == EEXIST) {
    DRAY_TRY(make_room(above, name));
    fd = ::openat(above.fd.get(), name.c_str(), flags, first_mode);
  }
  if (fd < 0) return put_error("make", above.below(name), errno);
  const FileDescriptor file(fd);
  DRAY_TRY(write_data(file, entry, data));
  const auto uid = static_cast<uid_t>(entry.uid);
  const auto gid = static_cast<gid_t>(entry.gid);
  if (rules_.owners && (uid != ::geteuid() || gid != ::getegid()) && ::fchown(fd, uid, gid) != 0) {
    return put_error("set the owner of", above.below(name), errno);
  }
  if ((mode & masked_bits_) != 0 || first_mode != mode) {
    if (::fchmod(fd, mode) != 0) return put_error("set the mode of", above.below(name), errno);
  }
  const auto modified = entry_time(entry);
  const std::array<timespec, 2> times{modified, modified};
  if (::futimens(fd, times.data()) != 0) return put_error("set the time of", above.below(name), errno);
  wait_for_trust(above, name, file, entry);
  return {};
}

/// Runs of zeros are left as holes.
Result<void> TreeWriter::write_data(const FileDescriptor& file, const TarEntry& entry, TarReader& data) {
  std::uint64_t at = 0;
  bool hole_at_end = false;
  while (true) {
    std::size_t filled = 0;
    while (filled < buffer_.size()) {
      DRAY_TRY_ASSIGN(const auto count, data.read(ByteSpan(buffer_).subspan(filled)));
      if (count == 0) break;
      filled += count;
    }
    if (filled == 0) break;
    const auto bytes = ByteView(buffer_).first(filled);
    hole_at_end = filled == buffer_.size() && is_all_zeros(bytes);
    if (!hole_at_end) DRAY_TRY(write_at(file, at, bytes));
    at += filled;
    if (filled < buffer_.size()) break;
  }
  bytes_ += at;
  if (at != entry.size) return Error(ErrorCode::invalid_input, shown_path(entry.path) + " is cut short in the layer");
  if (hole_at_end) return resize(file, at);
  return {};
}

Result<void> TreeWriter::set_attributes_at(const Folder& above, const std::string& name, const TarEntry& entry) {
  const int fd = above.fd.get();
  if (rules_.owners && ::fchownat(fd, name.c_str(), static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid),
                                  AT_SYMLINK_NOFOLLOW) != 0) {
    return put_error("set the owner of", above.below(name), errno);
  }
  const auto modified = entry_time(entry);
  const std::array<timespec, 2> times{modified, modified};
  if (::utimensat(fd, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    return put_error("set the time of", above.below(name), errno);
  }
  return {};
}

Result<void> TreeWriter::put_symlink(const Folder& above, const std::string& name, const TarEntry& entry) {
  int done = ::symlinkat(entry.link_path.c_str(), above.fd.get(), name.c_str());
  if (done != 0 && errno == EEXIST) {
    DRAY_TRY(make_room(above, name));
    done = ::symlinkat(entry.link_path.c_str(), above.fd.get(), name.c_str());
  }
  if (done != 0) return put_error("make the link", above.below(name), errno);
  return set_attributes_at(above, name, entry);
}

Result<void> TreeWriter::put_hard_link(const Folder& above, const std::string& name, const TarEntry& entry) {
  DRAY_TRY_ASSIGN(const auto target, hard_link_names(entry));
  DRAY_TRY_ASSIGN(const auto folder, tree_->find({target.begin(), target.end() - 1}));
  if (folder == nullptr) return bad_hard_link(entry, "which is not there");
  DRAY_TRY_ASSIGN(const auto status, status_of(*folder, target.back()));
  if (!status) return bad_hard_link(entry, "which is not there");
  if (S_ISDIR(status->st_mode)) return bad_hard_link(entry, "which is a folder");
  if (folder->inode == above.inode && target.back() == name) return bad_hard_link(entry, "which is itself");
  const auto link = [&] { return ::linkat(folder->fd.get(), target.back().c_str(), above.fd.get(), name.c_str(), 0); };
  int done = link();
  if (done != 0 && errno == EEXIST) {
    DRAY_TRY(make_room(above, name));
    done = link();
    if (done != 0 && errno == ENOENT) return bad_hard_link(entry, "which it replaces");
  }
  if (done != 0) return put_error("make the hard link", above.below(name), errno);
  const auto waiting = waiting_.find(folder->below(target.back()));
  if (waiting != waiting_.end()) waiting_.insert_or_assign(above.below(name), Waiting(waiting->second));
  return {};
}

Result<void> TreeWriter::put_node(const Folder& above, const std::string& name, const TarEntry& entry) {
  DRAY_TRY(make_room(above, name));
  if (is_device_node(entry)) {
    if (rules_.devices) {
      waiting_.insert_or_assign(above.below(name), Waiting{0, entry});
    } else {
      left_out_(above.below(name), "a device, which only root can make");
    }
    return {};
  }
  if (::mkfifoat(above.fd.get(), name.c_str(), private_file_mode) != 0) {
    return put_error("make the FIFO", above.below(name), errno);
  }
  if (::fchmodat(above.fd.get(), name.c_str(), entry.mode & permission_bits, 0) != 0) {
    return put_error("set the mode of", above.below(name), errno);
  }
  return set_attributes_at(above, name, entry);
}

void TreeWriter::wait_for_trust(const Folder& above, const std::string& name, const FileDescriptor& file,
                                const TarEntry& entry) {
  if ((entry.mode & ~permission_bits) == 0 && entry.xattrs.empty()) return;
  FileStat status{};
  if (::fstat(file.get(), &status) != 0) return;
  waiting_.insert_or_assign(above.below(name), Waiting{status.st_ino, entry});
}

Result<void> TreeWriter::trust() {
  for (const auto& [path, waiting] : waiting_) {
    DRAY_TRY(is_device_node(waiting.entry) ? make_device(path, waiting.entry) : give_rights(path, waiting));
  }
  waiting_.clear();
  return {};
}

/// The path's file, and what is below the path, is gone.
void TreeWriter::forget_waiting(const std::string& path) {
  waiting_.erase(path);
  const auto below = path + "/";
  auto at = waiting_.lower_bound(below);
  while (at != waiting_.end() && at->first.starts_with(below)) at = waiting_.erase(at);
}

/// Not made where a later entry of the layer has put something else there.
Result<void> TreeWriter::make_device(const std::string& path, const TarEntry& entry) {
  auto names = split_link(path);
  const auto name = std::move(names.back());
  names.pop_back();
  DRAY_TRY_ASSIGN(const auto above, tree_->find(names));
  if (above == nullptr) return {};
  const mode_t kind = entry.type == TarType::character_device ? S_IFCHR : S_IFBLK;
  if (::mknodat(above->fd.get(), name.c_str(), kind | private_file_mode,
                makedev(entry.device_major, entry.device_minor)) != 0) {
    if (errno == EEXIST) return {};
    if (errno != EPERM) return put_error("make the device", path, errno);
    left_out_(path, "a device, which may not be made here");
    return {};
  }
  DRAY_TRY(set_attributes_at(*above, name, entry));
  if (::fchmodat(above->fd.get(), name.c_str(), entry.mode & permission_bits, 0) != 0) {
    return put_error("set the mode of", path, errno);
  }
  return {};
}

Result<void> TreeWriter::give_rights(const std::string& path, const Waiting& waiting) {
  auto names = split_link(path);
  const auto name = std::move(names.back());
  names.pop_back();
  DRAY_TRY_ASSIGN(const auto above, tree_->find(names));
  if (above == nullptr) return {};
  const FileDescriptor file(::openat(above->fd.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ELOOP) return {};
    if (errno != EACCES) return put_error("open", path, errno);
    left_out_(path, "its set-id bits or extended attributes: it may not be read by whoever unpacks");
    return {};
  }
  FileStat status{};
  if (::fstat(file.get(), &status) != 0) return put_error("look at", path, errno);
  if (status.st_ino != waiting.inode || !S_ISREG(status.st_mode)) return {};  // something else has the name now
  DRAY_TRY(set_xattrs(file.get(), path, waiting.entry.xattrs));
  if ((waiting.entry.mode & ~permission_bits) != 0 && ::fchmod(file.get(), waiting.entry.mode) != 0) {
    return put_error("set the mode of", path, errno);
  }
  return {};
}

Result<void> TreeWriter::set_xattrs(int file, const std::string& path,
                                    const std::map<std::string, std::string>& xattrs) {
  for (const auto& [name, value] : xattrs) {
    if (!is_allowed_xattr(name)) {
      left_out_(path, "the extended attribute " + shown_path(name) +
                          ", which is of no use outside of the machine "
                          "that it was made on");
      continue;
    }
    if (::fsetxattr(file, name.c_str(), value.data(), value.size(), 0) == 0) continue;
    if (errno != ENOTSUP && errno != EPERM) return put_error("set an extended attribute of", path, errno);
    left_out_(path, "the extended attribute " + shown_path(name) + ", which may not be set here");
  }
  return {};
}

/// The deepest first: what is done in a folder changes its time.
Result<void> TreeWriter::finish() {
  DRAY_TRY(trust());
  for (auto at = folders_.rbegin(); at != folders_.rend(); ++at) {
    const auto& [path, attributes] = *at;
    DRAY_TRY_ASSIGN(const auto folder, tree_->find(split_link(path)));
    if (folder == nullptr || folder->path != path || folder->inode != attributes.inode) continue;
    const int fd = folder->fd.get();
    if (rules_.owners && ::fchown(fd, attributes.uid, attributes.gid) != 0) {
      return put_error("set the owner of", path, errno);
    }
    DRAY_TRY(set_xattrs(fd, path, attributes.xattrs));
    const auto mode = rules_.owners ? attributes.mode : attributes.mode | private_folder_mode;
    if (::fchmod(fd, mode) != 0) return put_error("set the mode of", path, errno);
    const std::array<timespec, 2> times{attributes.modified, attributes.modified};
    if (::futimens(fd, times.data()) != 0) return put_error("set the time of", path, errno);
  }
  return {};
}

}  // namespace dray::ops
