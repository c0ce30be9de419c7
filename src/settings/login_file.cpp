#include "login_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <thread>

#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include "json_edit.hpp"
#include "kubernetes_secret.hpp"

namespace dray::settings {
namespace {

constexpr unsigned file_mode = 0600;
constexpr unsigned folder_mode = 0700;
constexpr std::chrono::milliseconds lock_pause{20};
constexpr int lock_tries = 2000;  // forty seconds: longer than a helper may take
constexpr int max_links = 40;     // as the kernel follows

/// Where a chain of links ends, also when nothing is there yet.
Result<std::filesystem::path> behind_links(std::filesystem::path path) {
  std::error_code failure;
  for (int i = 0; i < max_links; ++i) {
    if (!std::filesystem::is_symlink(path, failure)) return path;
    const auto target = std::filesystem::read_symlink(path, failure);
    if (failure) return errno_error("read the link " + path.string(), failure.value());
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return Error(ErrorCode::invalid_input, path.string() + " is a chain of links without an end");
}

// The folder is what is locked: the file itself is replaced, and a lock file would stay behind.
Result<FileDescriptor> lock(const Directory& folder, const std::filesystem::path& path) {
  FileDescriptor descriptor(::openat(folder.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return errno_error("open " + folder.path().string(), errno);
  for (int i = 0; i < lock_tries; ++i) {
    DRAY_TRY_ASSIGN(const bool is_ours, try_lock(descriptor));
    if (is_ours) return descriptor;
    std::this_thread::sleep_for(lock_pause);  // flock can wait for ever or not at all; this ends
  }
  return Error(ErrorCode::conflict, path.string() + " is being written by another program, which does not end");
}

}  // namespace

Result<LoginFile> LoginFile::open(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(const auto absolute, behind_links(std::filesystem::absolute(path)));
  DRAY_TRY_ASSIGN(auto folder, Directory::create(absolute.parent_path(), folder_mode));
  DRAY_TRY_ASSIGN(auto held, lock(folder, path));
  LoginFile file(absolute, std::move(folder), std::move(held));
  DRAY_TRY(file.read().transform_error(
      [&](Error error) { return std::move(error).context(path.string() + " is left as it is"); }));
  return file;
}

Result<void> LoginFile::read() {
  auto text = read_file(path_, limits::max_settings_bytes);
  if (!text && text.error().code() != ErrorCode::not_found) return text.error();
  text_ = text ? *std::move(text) : std::string();
  if (text_.find_first_not_of(" \t\r\n") == std::string::npos) text_ = "{}\n";
  DRAY_TRY_ASSIGN(const auto json, Json::parse(text_));
  if (is_kubernetes_document(json)) {
    return Error(ErrorCode::invalid_input, "a Kubernetes secret is read only here");
  }
  DRAY_TRY_ASSIGN(document_, parse_auth_document(text_));
  return {};
}

Result<void> LoginFile::take(Result<std::string> text, const Json& expected) {
  if (!text) return text.error();
  // What is about to replace somebody's file is looked at once more.
  const auto written = Json::parse(*text);
  if (!written || *written != expected) {
    return Error(ErrorCode::io, path_.string() + " could not be changed without touching the rest of it");
  }
  is_changed_ = is_changed_ || *text != text_;
  text_ = *std::move(text);
  return {};
}

Result<void> LoginFile::set_entry(const std::string& key, const Json& value) {
  DRAY_TRY_ASSIGN(auto json, Json::parse(text_));
  const auto* const old = json.find("auths");
  auto auths = old == nullptr ? Json() : *old;
  auths.set(key, value);
  json.set("auths", std::move(auths));
  return take(set_member(text_, {"auths", key}, value), json);
}

Result<void> LoginFile::erase_entry(const std::string& key) {
  DRAY_TRY_ASSIGN(auto json, Json::parse(text_));
  const auto* const old = json.find("auths");
  if (old == nullptr || old->as_object() == nullptr) return {};
  auto auths = *old;
  auths.erase(key);
  json.set("auths", std::move(auths));
  return take(erase_member(text_, {"auths", key}), json);
}

Result<void> LoginFile::save() {
  if (!is_changed_) return {};
  return write_file_atomically(folder_, path_.filename().string(), as_bytes(text_), file_mode);
}

}  // namespace dray::settings
