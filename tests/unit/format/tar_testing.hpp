#pragma once

#include <cstdint>
#include <dray/format/tar.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::testing {

struct TarFile {
  TarEntry entry;
  std::string data;
};

/// Everything in an archive, fed in pieces.
Result<std::vector<TarFile>> read_tar(std::string archive, std::size_t piece = 65536);
/// The same by our writer; throws std::runtime_error when it refuses.
std::string write_tar(const std::vector<TarFile>& files);

/// Archives made byte by byte, for those that no sane program writes.
class RawTar {
 public:
  struct Header {
    std::string name = "a";
    char type = '0';
    std::uint64_t size = 0;
    std::string link = "";
    std::string magic_and_version = std::string(
        "ustar\0"
        "00",
        8);
    std::string prefix = "";
    std::string mode_field = "";  ///< The raw bytes of a field, where they are not the usual ones.
    std::string uid_field = "";
    std::string size_field = "";
    std::string mtime_field = "";
    std::string checksum_field = "";
    std::string major_field = "";
    bool signed_checksum = false;
  };

  RawTar& header(const Header& header);
  /// Data with its padding.
  RawTar& data(std::string_view bytes);
  /// Header and data of an extension.
  RawTar& extension(char type, std::string_view records);
  RawTar& file(std::string_view name, std::string_view bytes);
  RawTar& zeros(std::size_t blocks);
  RawTar& raw(std::string_view bytes);
  [[nodiscard]] std::string end() const { return bytes_ + std::string(1024, '\0'); }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

/// `LENGTH KEY=VALUE\n`.
std::string pax(std::string_view key, std::string_view value);

/// One line an entry, as GNU tar prints it with `--full-time --numeric-owner`, runs of blanks made one.
std::vector<std::string> lines_of(const std::vector<TarFile>& files);
std::vector<std::string> lines_of_gnu_tar(const std::string& archive);
/// The same without fractions of seconds, which Python rounds.
std::vector<std::string> whole_second_lines_of(const std::vector<TarFile>& files);
std::vector<std::string> lines_of_python(const std::string& archive);
std::vector<std::string> names_of(const std::vector<TarFile>& files);
std::vector<std::string> names_of_bsdtar(const std::string& archive);

}  // namespace dray::testing
