#include <dray/base/stop.hpp>
#include <dray/ops/pack.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <dray/base/file.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/tar.hpp>
#include <dray/format/whiteouts.hpp>
#include <map>
#include <utility>
#include <vector>

namespace dray::ops {

namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;
constexpr std::uint32_t mode_bits = 07777;
constexpr std::uint32_t parent_mode = 0755;
/// What a file is without it may not do its work (ping); other attributes say something of this machine alone.
constexpr const char* capabilities_xattr = "security.capability";

using Stat = struct stat;

bool is_same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

/// Nothing was written to it, and nothing about it was changed.
bool is_unchanged(const Stat& before, const Stat& after) {
  return before.st_dev == after.st_dev && before.st_ino == after.st_ino && before.st_size == after.st_size &&
         is_same_time(before.st_mtim, after.st_mtim) && is_same_time(before.st_ctim, after.st_ctim);
}

std::string shown(const Directory& folder, const std::string& name) { return (folder.path() / name).string(); }

Error changed(const std::string& what) {
  return {ErrorCode::conflict, what + " changed while it was read: try again when nobody writes there"};
}

Result<Stat> status_of(int fd, const std::string& what) {
  Stat status{};
  if (::fstat(fd, &status) != 0) return errno_error("look at " + what, errno);
  return status;
}

Result<Stat> status_of(const Directory& folder, const std::string& name) {
  Stat status{};
  if (::fstatat(folder.fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return changed(shown(folder, name));
  return errno_error("look at " + shown(folder, name), errno);
}

Result<std::string> link_of(const Directory& folder, const std::string& name) {
  std::string target(limits::max_archive_path_bytes + 1, '\0');
  const auto count = ::readlinkat(folder.fd(), name.c_str(), target.data(), target.size());
  if (count < 0) return errno_error("read the link " + shown(folder, name), errno);
  target.resize(static_cast<std::size_t>(count));
  if (target.size() <= limits::max_archive_path_bytes) return target;
  return Error(ErrorCode::limit_exceeded, fmt::format("the target of {} has more than {} bytes", shown(folder, name),
                                                      limits::max_archive_path_bytes));
}

Result<void> check_prefix(const std::string& prefix) {
  if (prefix.empty()) return {};
  const std::filesystem::path path(prefix);
  const bool climbs =
      std::ranges::any_of(path, [](const auto& part) { return part.empty() || part == "." || part == ".."; });
  if (path.is_relative() && !climbs) return {};
  return Error(ErrorCode::invalid_input, "'" + prefix + "' is no folder of an image");
}

class Packer {
 public:
  Packer(ByteSink& tar, const PackOptions& options, const std::stop_token& stop)
      : writer_(tar), options_(options), stop_(stop), buffer_(buffer_bytes) {}

  Result<void> run(const Directory& root) {
    if (options_.parents) DRAY_TRY(add_parents());
    DRAY_TRY(add_content(root, options_.prefix));
    return writer_.finish();
  }

 private:
  Result<void> add_parents();
  Result<void> add_content(const Directory& folder, const std::string& path);
  Result<void> add_entry(const Directory& folder, const std::string& name, const std::string& path);
  Result<void> add_folder(const Directory& folder, const std::string& name, TarEntry entry);
  Result<void> add_file(const Directory& folder, const std::string& name, const Stat& status, TarEntry entry);
  Result<void> copy(const FileDescriptor& file, std::uint64_t size, const std::string& what);
  Result<void> add(const TarEntry& entry);
  [[nodiscard]] TarEntry entry_of(const Stat& status, std::string path) const;

  TarWriter writer_;
  const PackOptions& options_;
  const std::stop_token& stop_;
  std::vector<std::byte> buffer_;
  std::uint64_t entries_ = 0;
  std::map<std::pair<dev_t, ino_t>, std::string> first_names_;  // of files with several
};

TarEntry Packer::entry_of(const Stat& status, std::string path) const {
  TarEntry entry;
  entry.path = std::move(path);
  entry.mode = status.st_mode & mode_bits;
  if (options_.keep_owners) {
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
  }
  entry.mtime_seconds = std::min<std::int64_t>(status.st_mtim.tv_sec, options_.newest);
  return entry;
}

Result<void> Packer::add(const TarEntry& entry) {
  DRAY_TRY(check_running(stop_));
  if (++entries_ > limits::max_archive_entries) {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("the folder holds more than {} entries", limits::max_archive_entries));
  }
  const auto depth = static_cast<std::size_t>(std::ranges::count(entry.path, '/')) + 1;
  if (entry.path.size() > limits::max_archive_path_bytes || depth > limits::max_archive_path_depth) {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("{}… is a path of more than {} bytes or {} parts", entry.path.substr(0, 100),
                             limits::max_archive_path_bytes, limits::max_archive_path_depth));
  }
  return writer_.add(entry);
}

Result<void> Packer::add_parents() {
  for (std::size_t slash = 0; slash != std::string::npos && !options_.prefix.empty();) {
    slash = options_.prefix.find('/', slash + 1);
    TarEntry entry;
    entry.type = TarType::directory;
    entry.path = options_.prefix.substr(0, slash) + "/";
    entry.mode = parent_mode;
    DRAY_TRY(add(entry));
  }
  return {};
}

Result<void> Packer::add_content(const Directory& folder, const std::string& path) {
  const auto what = folder.path().string();
  DRAY_TRY_ASSIGN(const auto before, status_of(folder.fd(), what));
  DRAY_TRY_ASSIGN(auto names, folder.list(limits::max_archive_entries));
  std::ranges::sort(names);
  for (const auto& name : names) {
    DRAY_TRY(add_entry(folder, name, path.empty() ? name : path + "/" + name));
  }
  DRAY_TRY_ASSIGN(const auto after, status_of(folder.fd(), what));
  if (is_unchanged(before, after)) return {};
  return changed(what);
}

Result<void> Packer::add_entry(const Directory& folder, const std::string& name, const std::string& path) {
  if (classify_whiteout(name).kind != WhiteoutKind::none) {
    return Error(ErrorCode::invalid_input,
                 shown(folder, name) + " has a name by which a layer removes files of the layers below: rename it");
  }
  DRAY_TRY_ASSIGN(const auto status, status_of(folder, name));
  auto entry = entry_of(status, path);
  if (S_ISDIR(status.st_mode)) return add_folder(folder, name, std::move(entry));
  if (S_ISREG(status.st_mode)) return add_file(folder, name, status, std::move(entry));
  if (S_ISLNK(status.st_mode)) {
    entry.type = TarType::symlink;
    DRAY_TRY_ASSIGN(entry.link_path, link_of(folder, name));
    return add(entry);
  }
  if (S_ISFIFO(status.st_mode)) {
    entry.type = TarType::fifo;
    return add(entry);
  }
  if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) {
    return Error(ErrorCode::invalid_input, shown(folder, name) + " is a socket, which no layer can hold");
  }
  if (!options_.devices) {
    return Error(ErrorCode::invalid_input, shown(folder, name) + " is a device, which comes along only with --devices");
  }
  entry.type = S_ISCHR(status.st_mode) ? TarType::character_device : TarType::block_device;
  entry.device_major = major(status.st_rdev);
  entry.device_minor = minor(status.st_rdev);
  return add(entry);
}

Result<void> Packer::add_folder(const Directory& folder, const std::string& name, TarEntry entry) {
  const auto path = entry.path;
  entry.type = TarType::directory;
  entry.path += "/";
  DRAY_TRY(add(entry));
  DRAY_TRY_ASSIGN(const auto inside, folder.open_directory(name));
  return add_content(inside, path);
}

Result<void> Packer::add_file(const Directory& folder, const std::string& name, const Stat& status, TarEntry entry) {
  if (status.st_nlink > 1) {
    const auto [first, is_new] = first_names_.emplace(std::pair(status.st_dev, status.st_ino), entry.path);
    if (!is_new) {
      entry.type = TarType::hard_link;
      entry.link_path = first->second;
      return add(entry);
    }
  }
  const auto what = shown(folder, name);
  DRAY_TRY_ASSIGN(const auto file, folder.open_file(name));
  DRAY_TRY_ASSIGN(const auto opened, status_of(file.get(), what));
  if (!is_unchanged(status, opened)) return changed(what);
  entry.size = static_cast<std::uint64_t>(opened.st_size);
  auto capabilities = read_xattr(file, capabilities_xattr);
  if (!capabilities) return std::move(capabilities).error().context(what);
  if (*capabilities) entry.xattrs.emplace(capabilities_xattr, **capabilities);
  DRAY_TRY(add(entry));
  DRAY_TRY(copy(file, entry.size, what));
  DRAY_TRY_ASSIGN(const auto after, status_of(file.get(), what));
  if (is_unchanged(opened, after)) return {};
  return changed(what);
}

Result<void> Packer::copy(const FileDescriptor& file, std::uint64_t size, const std::string& what) {
  for (std::uint64_t at = 0; at < size;) {
    DRAY_TRY(check_running(stop_));
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), size - at));
    auto count = read_at(file, at, ByteSpan(buffer_).first(wanted));
    if (!count) return std::move(count).error().context(what);
    if (*count == 0) return changed(what);
    DRAY_TRY(writer_.write(ByteView(buffer_).first(*count)));
    at += *count;
  }
  return {};
}

}  // namespace

Result<void> pack(const std::filesystem::path& folder, ByteSink& tar, const PackOptions& options,
                  const std::stop_token& stop) {
  DRAY_TRY(check_prefix(options.prefix));
  DRAY_TRY_ASSIGN(const auto root, Directory::open(folder));
  return Packer(tar, options, stop).run(root);
}

}  // namespace dray::ops
