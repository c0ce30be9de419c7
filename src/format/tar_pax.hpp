#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace dray {

struct TarTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;  ///< Counted forward from `seconds`, also before 1970.
};

/// What the records of a PAX extended header say about the entry that follows.
struct PaxHeader {
  std::optional<std::string> path;
  std::optional<std::string> link_path;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
  std::optional<TarTime> mtime;
  std::optional<std::string> user;
  std::optional<std::string> group;
  std::map<std::string, std::string> xattrs;
  bool has_device_numbers = false;  ///< `SCHILY.devmajor`, `SCHILY.devminor`, which few readers know.
};

/// Reads `LENGTH KEY=VALUE\n` records. A key that occurs twice, an unknown key that belongs to no vendor and an empty
/// or malformed value are `invalid_input`; sparse files are `unsupported`. Other vendors' keys mean nothing here.
/// Source: POSIX.1-2017, pax, "pax Extended Header".
[[nodiscard]] Result<PaxHeader> parse_pax_header(std::string_view records);

/// A global header may hold comments, as git writes; anything else would change entries far away: `unsupported`.
[[nodiscard]] Result<void> check_pax_global_header(std::string_view records);

/// One record, with its length.
[[nodiscard]] std::string pax_record(std::string_view key, std::string_view value);
/// Seconds, with as many digits behind the point as are needed.
[[nodiscard]] std::string pax_time(TarTime time);

inline constexpr std::string_view pax_xattr_prefix = "SCHILY.xattr.";

}  // namespace dray
