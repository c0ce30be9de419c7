#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/tar.hpp>
#include <limits>

#include "block_input.hpp"
#include "tar_header.hpp"
#include "tar_pax.hpp"

namespace dray {
namespace {

constexpr std::uint32_t mode_bits = 07777;

/// What extension headers said about the entry that follows them.
struct Extensions {
  std::optional<PaxHeader> pax;
  std::optional<std::string> long_name;
  std::optional<std::string> long_link;
  std::uint64_t bytes = 0;

  [[nodiscard]] bool any() const noexcept { return pax || long_name || long_link; }
};

Error invalid(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }
Error over_limit(std::string message) { return {ErrorCode::limit_exceeded, std::move(message)}; }
Error too_large() { return over_limit(fmt::format("the archive is larger than {} bytes", limits::max_unpacked_bytes)); }

Result<TarType> type_of(char flag) {
  switch (flag) {
    case tar_types::old_file:
    case tar_types::file:
    case tar_types::contiguous_file:
      return TarType::file;
    case tar_types::hard_link:
      return TarType::hard_link;
    case tar_types::symlink:
      return TarType::symlink;
    case tar_types::character_device:
      return TarType::character_device;
    case tar_types::block_device:
      return TarType::block_device;
    case tar_types::directory:
      return TarType::directory;
    case tar_types::fifo:
      return TarType::fifo;
    case tar_types::gnu_sparse:
      return Error(ErrorCode::unsupported, "sparse files are not read; write the archive without --sparse");
    default:
      return Error(ErrorCode::unsupported,
                   fmt::format("entries of type 0x{:02x} are not read", static_cast<unsigned char>(flag)));
  }
}

Result<std::uint64_t> natural(const TarBlock& block, TarField field, std::string_view what) {
  const auto number = number_field(block, field);
  if (!number) return invalid(fmt::format("the header's {} is no number", what));
  if (*number < 0) return invalid(fmt::format("the header's {} is negative", what));
  return static_cast<std::uint64_t>(*number);
}

Result<std::uint32_t> device_number(const TarBlock& block, TarField field) {
  DRAY_TRY_ASSIGN(const auto number, natural(block, field, "device number"));
  if (number > std::numeric_limits<std::uint32_t>::max()) return invalid("the header's device number is too large");
  return static_cast<std::uint32_t>(number);
}

/// The dialect of a header whose checksum holds.
Result<TarDialect> check_header(const TarBlock& block) {
  if (!checksum_holds(block)) return invalid("this is no tar header: the checksum is wrong");
  const auto dialect = dialect_of(block);
  if (!dialect) return invalid("the header is of no known kind: neither V7, ustar nor GNU");
  return *dialect;
}

std::string header_path(const TarBlock& block, TarDialect dialect) {
  const std::string_view name = text_field(block, tar_fields::name);
  const std::string_view prefix = dialect == TarDialect::ustar ? text_field(block, tar_fields::prefix) : "";
  return prefix.empty() ? std::string(name) : fmt::format("{}/{}", prefix, name);
}

Result<void> check_component(std::string_view component) {
  if (component.size() <= limits::max_archive_name_bytes) return {};
  return over_limit(fmt::format("a name of {} bytes inside its path; at most {} are read", component.size(),
                                limits::max_archive_name_bytes));
}

Result<void> check_length(std::string_view text, std::string_view what) {
  if (text.empty()) return invalid(fmt::format("the {} is empty", what));
  if (text.size() <= limits::max_archive_path_bytes) return {};
  return over_limit(
      fmt::format("the {} has {} bytes; at most {} are read", what, text.size(), limits::max_archive_path_bytes));
}

Result<void> check_path(std::string_view path) {
  DRAY_TRY(check_length(path, "path"));
  std::size_t depth = 0;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    DRAY_TRY(check_component(path.substr(0, end)));
    if (end > 0) ++depth;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  if (depth <= limits::max_archive_path_depth) return {};
  return over_limit(fmt::format("the path has {} parts; at most {} are read", depth, limits::max_archive_path_depth));
}

/// A PAX size beside another one in the header is how two readers are made to see different entries. The header may
/// be silent only where its eleven digits do not hold the number.
Result<std::uint64_t> agreed_size(std::uint64_t in_header, const std::optional<PaxHeader>& pax) {
  if (!pax || !pax->size || *pax->size == in_header) return in_header;
  const bool too_large_for_header = *pax->size > largest_octal(tar_fields::size);
  if (in_header == 0 && too_large_for_header) return *pax->size;
  return invalid(fmt::format("the PAX header says {} bytes of data, the header {}", *pax->size, in_header));
}

Result<void> read_names(TarEntry& entry, const TarBlock& block, TarDialect dialect, Extensions& extensions) {
  entry.path = header_path(block, dialect);
  std::string link(text_field(block, tar_fields::link_name));
  if (extensions.long_name) entry.path = std::move(*extensions.long_name);
  if (extensions.long_link) link = std::move(*extensions.long_link);
  if (extensions.pax && extensions.pax->path) entry.path = std::move(*extensions.pax->path);
  if (extensions.pax && extensions.pax->link_path) link = std::move(*extensions.pax->link_path);
  DRAY_TRY(check_path(entry.path));
  // V7 knew no folders: a file's path that ends with a slash was one.
  if (entry.type == TarType::file && entry.path.ends_with('/')) entry.type = TarType::directory;
  if (entry.type != TarType::hard_link && entry.type != TarType::symlink) return {};
  entry.link_path = std::move(link);
  return check_length(entry.link_path, "link's target");
}

Result<void> read_owner(TarEntry& entry, const TarBlock& block, TarDialect dialect) {
  DRAY_TRY_ASSIGN(const auto mode, natural(block, tar_fields::mode, "mode"));
  entry.mode = static_cast<std::uint32_t>(mode & mode_bits);
  DRAY_TRY_ASSIGN(entry.uid, natural(block, tar_fields::uid, "uid"));
  DRAY_TRY_ASSIGN(entry.gid, natural(block, tar_fields::gid, "gid"));
  const auto mtime = number_field(block, tar_fields::mtime);
  if (!mtime) return invalid("the header's mtime is no number");
  entry.mtime_seconds = *mtime;
  if (dialect == TarDialect::v7) return {};
  entry.user = text_field(block, tar_fields::user);
  entry.group = text_field(block, tar_fields::group);
  return {};
}

Result<void> read_device(TarEntry& entry, const TarBlock& block, const Extensions& extensions) {
  if (entry.type != TarType::character_device && entry.type != TarType::block_device) return {};
  if (extensions.pax && extensions.pax->has_device_numbers) {
    return Error(ErrorCode::unsupported, "a device's numbers in PAX records are not read");
  }
  DRAY_TRY_ASSIGN(entry.device_major, device_number(block, tar_fields::device_major));
  DRAY_TRY_ASSIGN(entry.device_minor, device_number(block, tar_fields::device_minor));
  return {};
}

void apply_owner(TarEntry& entry, PaxHeader& pax) {
  if (pax.uid) entry.uid = *pax.uid;
  if (pax.gid) entry.gid = *pax.gid;
  if (pax.user) entry.user = std::move(*pax.user);
  if (pax.group) entry.group = std::move(*pax.group);
  if (pax.mtime) {
    entry.mtime_seconds = pax.mtime->seconds;
    entry.mtime_nanoseconds = pax.mtime->nanoseconds;
  }
  entry.xattrs = std::move(pax.xattrs);
}

Result<TarEntry> make_entry(const TarBlock& block, TarDialect dialect, Extensions extensions) {
  TarEntry entry;
  DRAY_TRY_ASSIGN(entry.type, type_of(block[tar_fields::type.offset]));
  DRAY_TRY_ASSIGN(const auto size_in_header, natural(block, tar_fields::size, "size"));
  DRAY_TRY_ASSIGN(entry.size, agreed_size(size_in_header, extensions.pax));
  DRAY_TRY(read_names(entry, block, dialect, extensions));
  if (entry.type != TarType::file && entry.size != 0) {
    return invalid("it is no file but has data, which readers skip or do not skip");
  }
  DRAY_TRY(read_owner(entry, block, dialect));
  DRAY_TRY(read_device(entry, block, extensions));
  if (extensions.pax) apply_owner(entry, *extensions.pax);
  return entry;
}

/// GNU ends a long name with a NUL; what stands behind it would be seen by some.
Result<std::string> gnu_name(std::string data) {
  const std::size_t end = std::min(data.find('\0'), data.size());
  if (data.find_first_not_of('\0', end) != std::string::npos) return invalid("a GNU long name goes on behind its NUL");
  if (end == 0) return invalid("a GNU long name is empty");
  data.resize(end);
  return data;
}

bool is_extension(char flag) noexcept {
  return flag == tar_types::pax || flag == tar_types::pax_global || flag == tar_types::gnu_long_name ||
         flag == tar_types::gnu_long_link;
}

Result<void> take_extension(Extensions& out, char flag, std::string data) {
  if (flag == tar_types::pax_global) {
    if (out.any()) return invalid("a PAX global header stands between an extension and its entry");
    return check_pax_global_header(data);
  }
  const bool mixed = flag == tar_types::pax ? out.long_name || out.long_link : out.pax.has_value();
  if (mixed) return invalid("PAX and GNU extensions are mixed for one entry");
  if (flag == tar_types::pax) {
    if (out.pax) return invalid("two PAX headers for one entry");
    DRAY_TRY_ASSIGN(out.pax, parse_pax_header(data));
    return {};
  }
  auto& name = flag == tar_types::gnu_long_name ? out.long_name : out.long_link;
  if (name) return invalid("two GNU long names for one entry");
  DRAY_TRY_ASSIGN(name, gnu_name(std::move(data)));
  return {};
}

}  // namespace

struct TarReader::State {
  explicit State(ByteSource& source) : input(source) {}

  Result<std::optional<TarEntry>> next();
  Result<bool> read_header();
  Result<TarEntry> read_entry(std::uint64_t header_offset, Extensions extensions);
  Result<void> read_extension(Extensions& extensions);
  Result<std::optional<TarEntry>> end_archive(const Extensions& extensions);
  Result<void> skip_data();
  Result<void> check_total(std::uint64_t more) const;
  [[nodiscard]] Error truncated(std::string_view what) const {
    return invalid(fmt::format("the archive ends inside {}", what));
  }
  [[nodiscard]] Error placed(Error error, std::uint64_t offset) const {
    return std::move(error).context(fmt::format("tar entry at byte {}", offset));
  }

  BlockInput input;
  TarBlock block{};
  std::uint64_t entries = 0;
  std::uint64_t entry_offset = 0;  ///< Of the entry or extension under way, for messages.
  std::uint64_t left = 0;
  std::uint64_t padding = 0;
  bool ended = false;
  std::optional<Error> failure;
};

/// False at an end without the blocks of zeros.
Result<bool> TarReader::State::read_header() {
  entry_offset = input.offset();
  DRAY_TRY_ASSIGN(const auto got, input.read_full(std::as_writable_bytes(std::span(block))));
  if (got == 0) return false;
  if (got < block.size()) return truncated("a header");
  return true;
}

Result<void> TarReader::State::check_total(std::uint64_t more) const {
  const std::uint64_t before = std::min(input.offset(), limits::max_unpacked_bytes);
  if (more <= limits::max_unpacked_bytes - before) return {};
  return too_large();
}

Result<void> TarReader::State::read_extension(Extensions& extensions) {
  DRAY_TRY_ASSIGN(const auto size, natural(block, tar_fields::size, "size"));
  if (size > limits::max_archive_header_bytes || extensions.bytes + size > limits::max_archive_header_bytes) {
    return over_limit(fmt::format("its extended headers are larger than {} bytes", limits::max_archive_header_bytes));
  }
  extensions.bytes += size;
  const char flag = block[tar_fields::type.offset];
  std::string data(static_cast<std::size_t>(size), '\0');
  DRAY_TRY_ASSIGN(const auto got, input.read_full(std::as_writable_bytes(std::span(data))));
  DRAY_TRY_ASSIGN(const auto skipped, input.skip(tar_padding(size)));
  if (got + skipped < size + tar_padding(size)) return truncated("an extended header");
  return take_extension(extensions, flag, std::move(data));
}

Result<TarEntry> TarReader::State::read_entry(std::uint64_t header_offset, Extensions extensions) {
  DRAY_TRY_ASSIGN(const auto dialect, check_header(block));
  DRAY_TRY_ASSIGN(auto entry, make_entry(block, dialect, std::move(extensions)));
  DRAY_TRY(check_total(entry.size));
  entry.header_offset = header_offset;
  entry.data_offset = input.offset();
  left = entry.size;
  padding = tar_padding(entry.size);
  return entry;
}

Result<std::optional<TarEntry>> TarReader::State::end_archive(const Extensions& extensions) {
  if (extensions.any()) return invalid("the archive ends behind an extended header, before its entry");
  ended = true;
  DRAY_TRY_ASSIGN(const bool more, read_header());
  if (more && !is_zero(block)) return invalid("an entry follows a lone block of zeros");
  // Whatever stands behind the end belongs to the layer's diff ID, and a pipe's writer must not be cut off.
  const std::uint64_t room = limits::max_unpacked_bytes - std::min(input.offset(), limits::max_unpacked_bytes);
  DRAY_TRY_ASSIGN(const auto rest, input.skip(room));
  if (rest == room) return too_large();
  return std::optional<TarEntry>();
}

Result<void> TarReader::State::skip_data() {
  DRAY_TRY_ASSIGN(const auto skipped, input.skip(left + padding));
  if (skipped < left + padding) return truncated("an entry's data");
  left = 0;
  padding = 0;
  return {};
}

Result<std::optional<TarEntry>> TarReader::State::next() {
  if (ended) return std::optional<TarEntry>();
  DRAY_TRY(skip_data());
  const std::uint64_t header_offset = input.offset();
  Extensions extensions;
  while (true) {
    DRAY_TRY_ASSIGN(const bool more, read_header());
    if (!more || is_zero(block)) return end_archive(extensions);
    if (++entries > limits::max_archive_entries) {
      return over_limit(fmt::format("the archive has more than {} entries", limits::max_archive_entries));
    }
    if (is_extension(block[tar_fields::type.offset])) {
      DRAY_TRY(check_header(block).transform([](TarDialect) {}));
      DRAY_TRY(read_extension(extensions));
      continue;
    }
    DRAY_TRY_ASSIGN(auto entry, read_entry(header_offset, std::move(extensions)));
    return std::optional<TarEntry>(std::move(entry));
  }
}

TarReader::TarReader(ByteSource& source) : state_(std::make_unique<State>(source)) {}
TarReader::~TarReader() = default;
TarReader::TarReader(TarReader&& other) noexcept = default;
TarReader& TarReader::operator=(TarReader&& other) noexcept = default;

Result<std::optional<TarEntry>> TarReader::next() {
  if (state_->failure) return *state_->failure;
  auto entry = state_->next();
  if (entry) return entry;
  state_->failure = state_->placed(std::move(entry).error(), state_->entry_offset);
  return *state_->failure;
}

Result<std::size_t> TarReader::read(ByteSpan into) {
  if (state_->failure) return *state_->failure;
  const auto room = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), state_->left)));
  if (room.empty()) return std::size_t{0};
  auto got = state_->input.read(room);
  if (got && *got == 0) got = state_->truncated("an entry's data");
  if (!got) {
    state_->failure = state_->placed(std::move(got).error(), state_->entry_offset);
    return *state_->failure;
  }
  state_->left -= *got;
  return got;
}

}  // namespace dray
