#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <filesystem>
#include <stop_token>
#include <string>

namespace dray::ops {

struct PackOptions {
  /// Where the folder's content lands, for example `usr/local`; empty: at the root.
  std::string prefix = {};
  /// Writes an entry for each folder of the prefix too (0755, owner 0:0), for an image that has none of them.
  bool parents = false;
  /// Seconds since 1970: what was modified later gets this time. Fractions of seconds are dropped.
  std::int64_t newest = 0;
  bool keep_owners = false;  ///< Numeric owners as they are; else everything is 0:0.
  bool devices = false;      ///< Devices come along; else one of them is refused.
};

/// Writes what is in a folder as a tar whose bytes depend on nothing else: folders before what they hold, names in the
/// order of their bytes, a file with several names once and links to its first name after that. The folder itself is no
/// entry, so that it changes nothing about the one it lands in. Modes and
/// file capabilities are kept; user names and other xattrs are not written.
/// No link is followed. Files stream; memory grows with the names of one path and with the files that have several
/// names. Does not finish `tar`. Errors: `invalid_input` for a socket, for a device without `devices`, for a name that
/// unpackers take for a whiteout, for a prefix that is none; `conflict` for what changed while it was read;
/// `limit_exceeded` for what `TarReader` would refuse; the system's and the sink's.
[[nodiscard]] Result<void> pack(const std::filesystem::path& folder, ByteSink& tar, const PackOptions& options,
                                const std::stop_token& stop);

}  // namespace dray::ops
