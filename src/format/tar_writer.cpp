#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <dray/format/tar.hpp>

#include "shown.hpp"
#include "tar_header.hpp"
#include "tar_pax.hpp"
#include "utf8.hpp"

namespace dray {
namespace {

constexpr std::string_view pax_header_name = "././@PaxHeader";
constexpr std::uint32_t pax_header_mode = 0644;
constexpr std::uint32_t mode_bits = 07777;

Error unfit(const TarEntry& entry, std::string_view why) {
  return {ErrorCode::invalid_input, fmt::format("write tar entry {}: {}", shown(entry.path), why)};
}

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_link(TarType type) { return type == TarType::hard_link || type == TarType::symlink; }
bool is_device(TarType type) { return type == TarType::character_device || type == TarType::block_device; }

Result<void> check_xattrs(const TarEntry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    if (name.empty() || has_nul(name) || name.find('=') != std::string::npos) {
      return unfit(entry, "an xattr's name is empty or holds '=' or NUL");
    }
  }
  return {};
}

Result<void> check(const TarEntry& entry) {
  if (entry.path.empty()) return unfit(entry, "it has no path");
  if (has_nul(entry.path) || has_nul(entry.link_path) || has_nul(entry.user) || has_nul(entry.group)) {
    return unfit(entry, "a name holds a NUL");
  }
  if (entry.type == TarType::file && entry.path.ends_with('/')) return unfit(entry, "a file's path ends with a slash");
  if (entry.type != TarType::file && entry.size != 0) return unfit(entry, "it is no file but has data");
  if (is_link(entry.type) && entry.link_path.empty()) return unfit(entry, "it is a link to nothing");
  const std::uint64_t largest = largest_octal(tar_fields::device_major);
  if (is_device(entry.type) && (entry.device_major > largest || entry.device_minor > largest)) {
    return unfit(entry, "its device number is too large");
  }
  if (entry.mtime_nanoseconds >= 1'000'000'000) return unfit(entry, "its nanoseconds are a second or more");
  return check_xattrs(entry);
}

struct SplitPath {
  std::string_view prefix;
  std::string_view name;
};

/// A path as ustar's two fields hold it: cut at a slash, which is not written. nullopt where it does not fit.
std::optional<SplitPath> split(std::string_view path) {
  if (!is_ascii(path)) return std::nullopt;
  if (path.size() <= tar_fields::name.size) return SplitPath{"", path};
  const std::size_t first = path.size() - std::min(path.size(), tar_fields::name.size + 1);
  const std::size_t slash = path.find('/', std::max<std::size_t>(first, 1));
  if (slash == std::string_view::npos || slash > tar_fields::prefix.size || slash + 1 == path.size()) {
    return std::nullopt;
  }
  return SplitPath{path.substr(0, slash), path.substr(slash + 1)};
}

bool fits(std::string_view text, TarField field) { return text.size() <= field.size && is_ascii(text); }

/// User and group need a NUL behind them.
bool owner_fits(std::string_view text) { return text.size() < tar_fields::user.size && is_ascii(text); }

bool mtime_fits(const TarEntry& entry) {
  return entry.mtime_nanoseconds == 0 && entry.mtime_seconds >= 0 &&
         static_cast<std::uint64_t>(entry.mtime_seconds) <= largest_octal(tar_fields::mtime);
}

/// The records for what the ustar header cannot hold, in an order of their own.
std::string pax_records(const TarEntry& entry) {
  std::string out;
  bool binary = false;
  const auto add = [&](std::string_view key, std::string_view value) {
    binary = binary || !is_utf8(value);
    out += pax_record(key, value);
  };
  if (!split(entry.path)) add("path", entry.path);
  if (is_link(entry.type) && !fits(entry.link_path, tar_fields::link_name)) add("linkpath", entry.link_path);
  if (!owner_fits(entry.user)) add("uname", entry.user);
  if (!owner_fits(entry.group)) add("gname", entry.group);
  // Bytes that are no UTF-8 need the standard's way to say so.
  if (binary) out.insert(0, pax_record("hdrcharset", "BINARY"));
  if (entry.size > largest_octal(tar_fields::size)) out += pax_record("size", std::to_string(entry.size));
  if (entry.uid > largest_octal(tar_fields::uid)) out += pax_record("uid", std::to_string(entry.uid));
  if (entry.gid > largest_octal(tar_fields::gid)) out += pax_record("gid", std::to_string(entry.gid));
  if (!mtime_fits(entry)) out += pax_record("mtime", pax_time({entry.mtime_seconds, entry.mtime_nanoseconds}));
  for (const auto& [name, value] : entry.xattrs) out += pax_record(std::string(pax_xattr_prefix) + name, value);
  return out;
}

char type_flag(TarType type) {
  switch (type) {
    case TarType::file:
      return tar_types::file;
    case TarType::hard_link:
      return tar_types::hard_link;
    case TarType::symlink:
      return tar_types::symlink;
    case TarType::character_device:
      return tar_types::character_device;
    case TarType::block_device:
      return tar_types::block_device;
    case TarType::directory:
      return tar_types::directory;
    case TarType::fifo:
      return tar_types::fifo;
  }
  return tar_types::file;
}

TarBlock new_header(char type, std::uint32_t mode) {
  TarBlock block{};
  put_text(block, tar_fields::magic, std::string_view("ustar\0", 6));
  put_text(block, tar_fields::version, "00");
  block[tar_fields::type.offset] = type;
  put_octal(block, tar_fields::mode, mode);
  for (const TarField field : {tar_fields::uid, tar_fields::gid, tar_fields::size, tar_fields::mtime,
                               tar_fields::device_major, tar_fields::device_minor}) {
    put_octal(block, field, 0);
  }
  return block;
}

/// Numbers that do not fit stay 0: their PAX record has them.
void put_where_it_fits(TarBlock& block, TarField field, std::uint64_t value) {
  if (value <= largest_octal(field)) put_octal(block, field, value);
}

/// A name for old readers; the PAX record has the real one.
std::string stand_in(std::string_view text, TarField field) {
  std::string out(text.substr(0, field.size - 1));
  std::ranges::replace_if(out, [](char c) { return !is_ascii({&c, 1}); }, '_');
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

void put_names(TarBlock& block, const TarEntry& entry) {
  if (const auto path = split(entry.path)) {
    put_text(block, tar_fields::prefix, path->prefix);
    put_text(block, tar_fields::name, path->name);
  } else {
    put_text(block, tar_fields::name, stand_in(entry.path, tar_fields::name));
  }
  if (is_link(entry.type)) {
    const bool whole = fits(entry.link_path, tar_fields::link_name);
    put_text(block, tar_fields::link_name, whole ? entry.link_path : stand_in(entry.link_path, tar_fields::link_name));
  }
  if (owner_fits(entry.user)) put_text(block, tar_fields::user, entry.user);
  if (owner_fits(entry.group)) put_text(block, tar_fields::group, entry.group);
}

TarBlock header_of(const TarEntry& entry) {
  TarBlock block = new_header(type_flag(entry.type), entry.mode & mode_bits);
  put_names(block, entry);
  put_where_it_fits(block, tar_fields::uid, entry.uid);
  put_where_it_fits(block, tar_fields::gid, entry.gid);
  put_where_it_fits(block, tar_fields::size, entry.size);
  if (mtime_fits(entry)) put_octal(block, tar_fields::mtime, static_cast<std::uint64_t>(entry.mtime_seconds));
  if (is_device(entry.type)) {
    put_octal(block, tar_fields::device_major, entry.device_major);
    put_octal(block, tar_fields::device_minor, entry.device_minor);
  }
  put_checksum(block);
  return block;
}

TarBlock pax_header_of(std::size_t bytes) {
  TarBlock block = new_header(tar_types::pax, pax_header_mode);
  put_text(block, tar_fields::name, pax_header_name);
  put_octal(block, tar_fields::size, bytes);
  put_checksum(block);
  return block;
}

Result<void> write_block(ByteSink& sink, const TarBlock& block) { return sink.write(std::as_bytes(std::span(block))); }

Result<void> write_padding(ByteSink& sink, std::uint64_t bytes) {
  static constexpr TarBlock zeros{};
  if (bytes == 0) return {};
  return sink.write(std::as_bytes(std::span(zeros)).first(static_cast<std::size_t>(bytes)));
}

}  // namespace

Result<void> TarWriter::add(const TarEntry& entry) {
  if (left_ > 0) return unfit(entry, fmt::format("the entry before it still lacks {} bytes", left_));
  DRAY_TRY(check(entry));
  if (const std::string records = pax_records(entry); !records.empty()) {
    DRAY_TRY(write_block(sink_, pax_header_of(records.size())));
    DRAY_TRY(sink_.write(as_bytes(records)));
    DRAY_TRY(write_padding(sink_, tar_padding(records.size())));
  }
  DRAY_TRY(write_block(sink_, header_of(entry)));
  left_ = entry.size;
  padding_ = tar_padding(entry.size);
  return {};
}

Result<void> TarWriter::write(ByteView bytes) {
  if (bytes.size() > left_) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("write a tar entry's data: {} bytes more than its size", bytes.size() - left_));
  }
  DRAY_TRY(sink_.write(bytes));
  left_ -= bytes.size();
  if (left_ > 0) return {};
  DRAY_TRY(write_padding(sink_, padding_));
  padding_ = 0;
  return {};
}

Result<void> TarWriter::finish() {
  if (left_ > 0) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("end a tar archive: its last entry still lacks {} bytes", left_));
  }
  DRAY_TRY(write_block(sink_, TarBlock{}));
  return write_block(sink_, TarBlock{});
}

}  // namespace dray
