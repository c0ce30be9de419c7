#pragma once

#include <cstdint>
#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "layout_index.hpp"

namespace dray {

/// The lock of `index.json`, in the temporary folder.
inline constexpr const char* index_lock = "index.lock";

/// The two files that every OCI layout has, and what the first one holds where it is made here.
inline constexpr const char* layout_header_file = "oci-layout";
inline constexpr const char* layout_index_file = "index.json";
inline constexpr std::string_view layout_header = R"({"imageLayoutVersion":"1.0.0"})";
inline constexpr std::uint64_t max_layout_header_bytes = 64ULL * 1024;
/// Errors: `invalid_input` for a header that is none; `unsupported` for another major version.
[[nodiscard]] Result<void> check_layout_header(std::string_view text);

/// The files of an OCI layout beside its blobs: `oci-layout` and `index.json`.
/// Safe from many threads and processes.
class LayoutFolder {
 public:
  /// Errors: `not_found` when the folder is absent or no layout; `unsupported` for another major version.
  [[nodiscard]] static Result<LayoutFolder> open(const std::filesystem::path& path);
  /// Makes what is missing. Errors: `invalid_input` for a folder that somebody uses for something else.
  [[nodiscard]] static Result<LayoutFolder> create(const std::filesystem::path& path);

  [[nodiscard]] const std::shared_ptr<const Directory>& root() const noexcept { return root_; }

  [[nodiscard]] Result<LayoutIndex> read_index() const;
  /// Reads the index, lets `change` have it, and replaces it atomically when `change` says true; all under its lock.
  [[nodiscard]] Result<void> change_index(const std::function<Result<bool>(LayoutIndex&)>& change,
                                          const std::stop_token& stop) const;

 private:
  explicit LayoutFolder(Directory root) : root_(std::make_shared<const Directory>(std::move(root))) {}

  std::shared_ptr<const Directory> root_;
};

}  // namespace dray
