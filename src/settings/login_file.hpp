#pragma once

#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <dray/format/json.hpp>
#include <filesystem>
#include <string>

#include "auth_document.hpp"

namespace dray::settings {

/// A credential file that is about to be changed, locked against other writers until this is gone.
class LoginFile {
 public:
  /// Follows links to the folder of the file itself; makes the folder (mode 0700) when it is absent. Waits a while for
  /// another writer; then `conflict`. A file that cannot be read as docker's form is an error that names it.
  [[nodiscard]] static Result<LoginFile> open(const std::filesystem::path& path);

  [[nodiscard]] const AuthDocument& document() const noexcept { return document_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Sets a member of `auths`, or removes it; nothing is written before `save`.
  [[nodiscard]] Result<void> set_entry(const std::string& key, const Json& value);
  [[nodiscard]] Result<void> erase_entry(const std::string& key);
  /// Writes the file, if anything changed.
  [[nodiscard]] Result<void> save();

 private:
  LoginFile(std::filesystem::path path, Directory folder, FileDescriptor lock)
      : path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}
  [[nodiscard]] Result<void> read();
  [[nodiscard]] Result<void> take(Result<std::string> text, const Json& expected);

  std::filesystem::path path_;
  Directory folder_;
  FileDescriptor lock_;
  std::string text_;
  bool is_changed_ = false;
  AuthDocument document_;
};

}  // namespace dray::settings
