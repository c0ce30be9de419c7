#include "archive_files.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/tar.hpp>

#include <algorithm>
#include <vector>

namespace dray {
namespace {

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// False where a part leads out of the root.
bool add_parts(std::vector<std::string_view>& parts, std::string_view path) {
  while (!path.empty()) {
    const auto part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == ".." && parts.empty()) return false;
    if (part == "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return true;
}

/// Where a link leads: a symbolic one from its own folder, a hard one from the root.
std::optional<std::string> target_of(const TarEntry& entry, std::string_view path) {
  const bool relative = entry.type == TarType::symlink && !entry.link_path.starts_with('/');
  return plain_path(relative ? folder_of(path) : "", entry.link_path);
}

}  // namespace

std::optional<std::string> plain_path(std::string_view folder, std::string_view path) {
  std::vector<std::string_view> parts;
  if (!add_parts(parts, folder) || !add_parts(parts, path)) return std::nullopt;
  std::string plain;
  for (const auto part : parts) plain.append(plain.empty() ? "" : "/").append(part);
  return plain;
}

Result<ArchiveFiles> ArchiveFiles::read(FileDescriptor file) {
  ArchiveFiles files(std::move(file));
  DRAY_TRY(files.look_through());
  return files;
}

Result<void> ArchiveFiles::look_through() {
  DRAY_TRY_ASSIGN(auto again, duplicate(file_));
  DRAY_TRY_ASSIGN(const auto size, size_of(file_));
  FileSource source(std::move(again), {0, size});
  TarReader reader(source);
  std::size_t bytes = 0;
  while (true) {
    DRAY_TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) return {};
    const bool link = entry->type == TarType::hard_link || entry->type == TarType::symlink;
    if (entry->type != TarType::file && !link) continue;
    auto path = plain_path({}, entry->path);
    if (!path || path->empty()) continue;  // nobody can ask for it
    bytes += path->size() + entry->link_path.size();
    if (bytes > limits::max_archive_names_bytes) {
      return Error(ErrorCode::limit_exceeded, "the names of its files have more than " +
                                                  std::to_string(limits::max_archive_names_bytes) + " bytes");
    }
    std::variant<ByteRange, Link> where = ByteRange{entry->data_offset, entry->data_offset + entry->size};
    if (link) where = target_of(*entry, *path).value_or("");
    const auto [at, is_new] = entries_.try_emplace(*std::move(path), std::move(where));
    if (!is_new) return Error(ErrorCode::invalid_input, "it holds the file " + at->first + " twice");
  }
}

const ByteRange* ArchiveFiles::find(std::string_view path) const {
  auto wanted = plain_path({}, path);
  if (!wanted) return nullptr;
  for (std::size_t links = 0; links <= limits::max_archive_links; ++links) {
    const auto found = entries_.find(*wanted);
    if (found == entries_.end()) return nullptr;
    if (const auto* const part = std::get_if<ByteRange>(&found->second)) return part;
    wanted = std::get<Link>(found->second);
  }
  return nullptr;
}

Result<std::unique_ptr<ByteSource>> ArchiveFiles::open(ByteRange part, ByteRange range) const {
  DRAY_TRY_ASSIGN(auto again, duplicate(file_));
  return std::unique_ptr<ByteSource>(
      std::make_unique<FileSource>(std::move(again), ByteRange{part.begin + range.begin, part.begin + range.end}));
}

Result<std::unique_ptr<ByteSource>> ArchiveFiles::open(ByteRange part) const { return open(part, {0, part.size()}); }

Result<std::string> ArchiveFiles::read(ByteRange part, std::uint64_t limit) const {
  if (part.size() > limit) return Error(ErrorCode::limit_exceeded, "more than " + std::to_string(limit) + " bytes");
  DRAY_TRY_ASSIGN(const auto source, open(part));
  return read_all(*source, limit);
}

}  // namespace dray
