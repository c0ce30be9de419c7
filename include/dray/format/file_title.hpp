#pragma once

#include <compare>
#include <dray/base/result.hpp>
#include <dray/core/descriptor.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace dray {

/// The name of a file inside an artifact, as the annotation `org.opencontainers.image.title` of its layer has it: a
/// relative path of plain names. A value; as it stays below any folder that it is put in, no `..` is left in it.
class FileTitle {
 public:
  static constexpr std::string_view annotation = "org.opencontainers.image.title";

  /// Names divided by `/`. Errors, `invalid_input`: an empty text or name, `.`, `..`, a `/` in front or at the end, a
  /// control character, bytes that are no UTF-8, more than `max_file_title_bytes`, or a name of more than
  /// `max_file_name_bytes`.
  [[nodiscard]] static Result<FileTitle> parse(std::string_view text);
  /// For a file that a person named: the path as written where it stays below the working directory, without `./` and
  /// doubled slashes; else (`/etc/app.conf`, `../app.conf`) the file's own name.
  [[nodiscard]] static Result<FileTitle> of_path(const std::filesystem::path& path);
  /// What a layer says of itself; nullopt for one without a title.
  [[nodiscard]] static Result<std::optional<FileTitle>> of(const Descriptor& layer);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  friend auto operator<=>(const FileTitle&, const FileTitle&) = default;

 private:
  explicit FileTitle(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace dray
