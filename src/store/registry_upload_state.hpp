#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/result.hpp>
#include <optional>
#include <string>

#include "registry_tree.hpp"

namespace dray {

/// What is known of an upload beside its bytes: the file `_dray/uploads/<id>`.
struct UploadState {
  std::string repository;
  std::string owner;
  std::uint64_t offset = 0;  ///< Bytes that are synced.
  std::chrono::system_clock::time_point started;

  [[nodiscard]] std::string serialize() const;
  /// Errors: `invalid_input`.
  [[nodiscard]] static Result<UploadState> parse(std::string_view text);
};

/// None when there is no such file: an upload that distribution began.
[[nodiscard]] Result<std::optional<UploadState>> read_upload_state(const RegistryTree& tree, const std::string& id);

/// The time as distribution's `startedat` has it. Source: RFC 3339.
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time);

/// Removes an upload's files that are known, and its folder when nothing else is in it.
[[nodiscard]] Result<void> remove_upload_files(const RegistryTree& tree, const std::string& repository,
                                               const std::string& id);

/// 128 random bits, as distribution writes an upload's id.
[[nodiscard]] Result<std::string> make_upload_id();

}  // namespace dray
