#include "tar_pax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "shown.hpp"

namespace dray {
namespace {

using Records = std::map<std::string_view, std::string_view>;

/// Keys of the standard that change nothing we keep.
constexpr std::array<std::string_view, 4> ignored_keys{"atime", "ctime", "comment", "charset"};
/// Vendors' keys that change where or what an entry's data is.
constexpr std::array<std::string_view, 4> sparse_prefixes{"GNU.sparse.", "SCHILY.realsize", "SUN.holesdata",
                                                          "SCHILY.offset"};
constexpr std::array<std::string_view, 2> multi_volume_prefixes{"GNU.volume.", "GNU.dumpdir"};

Error malformed(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }

bool starts_with_any(std::string_view key, const auto& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return key.starts_with(prefix); });
}

template <class Number>
std::optional<Number> decimal(std::string_view text) {
  Number value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty();
  return whole ? std::optional(value) : std::nullopt;
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The record in front of `rest`, its length and line end taken off.
Result<std::string_view> next_record(std::string_view& rest) {
  const std::size_t blank = rest.find(' ');
  const std::string_view digits = rest.substr(0, blank);
  const auto length = decimal<std::size_t>(digits);
  if (blank == std::string_view::npos || !all_digits(digits) || !length || digits.starts_with('0')) {
    return malformed("a PAX record does not begin with its length");
  }
  if (*length > rest.size() || *length < blank + 2) return malformed("a PAX record's length is wrong");
  std::string_view record = rest.substr(0, *length);
  if (!record.ends_with('\n')) return malformed("a PAX record does not end where its length says");
  rest.remove_prefix(*length);
  record.remove_suffix(1);
  return record.substr(blank + 1);
}

Result<Records> parse_records(std::string_view rest) {
  Records records;
  while (!rest.empty()) {
    DRAY_TRY_ASSIGN(const auto record, next_record(rest));
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) return malformed("a PAX record has no key");
    const std::string_view key = record.substr(0, equals);
    if (key.find('\0') != std::string_view::npos) return malformed("a PAX record's key holds a NUL");
    if (!records.emplace(key, record.substr(equals + 1)).second) {
      return malformed(fmt::format("the PAX record {} occurs twice in one header", shown(key)));
    }
  }
  return records;
}

Result<TarTime> parse_time(std::string_view text) {
  const Error wrong = malformed("the PAX record 'mtime' is no time");
  const bool negative = text.starts_with('-');
  const std::size_t point = text.find('.');
  const std::string_view digits = text.substr(0, point).substr(negative ? 1 : 0);
  std::string fraction(point == std::string_view::npos ? "0" : text.substr(point + 1));
  const auto whole = decimal<std::uint64_t>(digits);
  if (!whole || !all_digits(digits) || !all_digits(fraction) || fraction.empty()) return wrong;
  const bool exact = fraction.find_first_not_of('0', std::min<std::size_t>(fraction.size(), 9)) == std::string::npos;
  fraction.resize(9, '0');
  const auto nanoseconds = *decimal<std::uint32_t>(fraction);
  constexpr std::uint64_t too_large = std::uint64_t{1} << 63U;
  if (*whole > too_large || (*whole == too_large && !negative)) return wrong;
  if (!negative) return TarTime{static_cast<std::int64_t>(*whole), nanoseconds};
  // Time is cut towards the past: -1.5 is two seconds before the epoch and half a second on.
  constexpr std::uint32_t second = 1'000'000'000;
  const std::uint32_t back = nanoseconds + (exact ? 0U : 1U);
  if (*whole == too_large && back > 0) return wrong;
  const std::uint64_t seconds = std::uint64_t{0} - *whole - (back > 0 ? 1U : 0U);
  return TarTime{static_cast<std::int64_t>(seconds), (second - back) % second};
}

Result<std::string> parse_name(std::string_view key, std::string_view value) {
  if (value.empty()) return malformed(fmt::format("the PAX record '{}' is empty", key));
  if (value.find('\0') != std::string_view::npos) {
    return malformed(fmt::format("the PAX record '{}' holds a NUL", key));
  }
  return std::string(value);
}

Result<std::uint64_t> parse_number(std::string_view key, std::string_view value) {
  const auto number = decimal<std::int64_t>(value);
  if (!number || !all_digits(value)) {
    return malformed(fmt::format("the PAX record '{}' is no whole number from 0 to 2^63-1", key));
  }
  return static_cast<std::uint64_t>(*number);
}

Result<void> check_charset(std::string_view value) {
  if (value == "BINARY" || value == "ISO-IR 10646 2000 UTF-8") return {};
  return malformed("the PAX record 'hdrcharset' names a character set that is neither UTF-8 nor BINARY");
}

/// A vendor's key is `VENDOR.keyword`, the vendor in upper case.
Result<void> take_vendor_record(PaxHeader& out, std::string_view key, std::string_view value) {
  if (starts_with_any(key, sparse_prefixes)) {
    return Error(ErrorCode::unsupported, "sparse files are not read; write the archive without --sparse");
  }
  if (starts_with_any(key, multi_volume_prefixes)) {
    return Error(ErrorCode::unsupported, "incremental and multi-volume archives are not read");
  }
  if (key.starts_with(pax_xattr_prefix) && key.size() > pax_xattr_prefix.size()) {
    out.xattrs.emplace(key.substr(pax_xattr_prefix.size()), value);
  }
  if (key == "SCHILY.devmajor" || key == "SCHILY.devminor") out.has_device_numbers = true;
  return {};
}

bool is_vendor_key(std::string_view key) {
  const std::size_t point = key.find('.');
  return point != std::string_view::npos && point > 0 &&
         std::ranges::none_of(key.substr(0, point), [](char c) { return c >= 'a' && c <= 'z'; });
}

Result<void> take_record(PaxHeader& out, std::string_view key, std::string_view value) {
  if (key == "path") {
    DRAY_TRY_ASSIGN(out.path, parse_name(key, value));
  } else if (key == "linkpath") {
    DRAY_TRY_ASSIGN(out.link_path, parse_name(key, value));
  } else if (key == "uname") {
    DRAY_TRY_ASSIGN(out.user, parse_name(key, value));
  } else if (key == "gname") {
    DRAY_TRY_ASSIGN(out.group, parse_name(key, value));
  } else if (key == "size") {
    DRAY_TRY_ASSIGN(out.size, parse_number(key, value));
  } else if (key == "uid") {
    DRAY_TRY_ASSIGN(out.uid, parse_number(key, value));
  } else if (key == "gid") {
    DRAY_TRY_ASSIGN(out.gid, parse_number(key, value));
  } else if (key == "mtime") {
    DRAY_TRY_ASSIGN(out.mtime, parse_time(value));
  } else if (key == "hdrcharset") {
    return check_charset(value);
  } else if (is_vendor_key(key)) {
    return take_vendor_record(out, key, value);
  } else if (std::ranges::find(ignored_keys, key) == ignored_keys.end()) {
    return malformed(fmt::format("the PAX record {} is unknown", shown(key)));
  }
  return {};
}

}  // namespace

Result<PaxHeader> parse_pax_header(std::string_view records) {
  DRAY_TRY_ASSIGN(const auto parsed, parse_records(records));
  PaxHeader header;
  for (const auto& [key, value] : parsed) DRAY_TRY(take_record(header, key, value));
  return header;
}

Result<void> check_pax_global_header(std::string_view records) {
  DRAY_TRY_ASSIGN(const auto parsed, parse_records(records));
  for (const auto& [key, value] : parsed) {
    if (key == "comment") continue;
    return Error(ErrorCode::unsupported,
                 fmt::format("a PAX global header sets {} for all entries behind it, which is not read", shown(key)));
  }
  return {};
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // ' ', '=' and '\n'
  std::size_t length = rest + 1;
  // The length counts its own digits.
  while (rest + fmt::formatted_size("{}", length) != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string pax_time(TarTime time) {
  constexpr std::uint32_t second = 1'000'000'000;
  const bool negative = time.seconds < 0;
  std::uint32_t fraction = time.nanoseconds;
  // The sign stands for the whole, so the seconds before the epoch are counted the other way.
  auto whole = static_cast<std::uint64_t>(time.seconds);
  if (negative) {
    whole = std::uint64_t{0} - whole - (fraction > 0 ? 1U : 0U);
    fraction = (second - fraction) % second;
  }
  std::string text = fmt::format("{}{}", negative ? "-" : "", whole);
  if (fraction == 0) return text;
  text += fmt::format(".{:09}", fraction);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace dray
