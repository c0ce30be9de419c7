#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dray::testing {

/// A fresh folder (mode 0700) under the system's temporary folder, removed with all it holds by the destructor.
/// Throws std::runtime_error when it cannot be made.
class TempDir {
 public:
  TempDir();
  /// The same under another folder.
  explicit TempDir(const std::filesystem::path& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// The path of something inside.
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  /// Writes a file inside, making the folders on its way, and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

/// Where syncing costs nothing, for tests that sync thousands of times; the system's temporary folder where there is no
/// such place.
[[nodiscard]] std::filesystem::path folder_in_memory();

/// All bytes of a file; throws std::runtime_error when it cannot be read.
[[nodiscard]] std::string read_bytes(const std::filesystem::path& path);
/// Makes or replaces a file, with the folders on its way; throws std::runtime_error.
void write_bytes(const std::filesystem::path& path, std::string_view bytes);

}  // namespace dray::testing
