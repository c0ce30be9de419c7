#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/base/result.hpp>
#include <filesystem>
#include <string>
#include <string_view>

namespace dray::server {

/// URLs to a blob's bytes on another host that nobody else can make, and that expire: `BASE/PATH?expires=N&md5=S` in
/// the form that nginx's secure_link checks, or with `sig=` for `dray serve --role content`. docs/serve.md has the
/// settings for nginx.
class SignedLinks {
 public:
  /// The key is a file of 16 bytes or more; a line end at its end is no part of it.
  [[nodiscard]] static Result<SignedLinks> read_key(const std::filesystem::path& key_file);
  explicit SignedLinks(std::string key) : key_(std::move(key)) {}

  /// The query that makes `path` (begins with `/`) good until `expires`, a Unix time.
  [[nodiscard]] std::string query_for(std::string_view path, std::chrono::system_clock::time_point expires) const;
  /// `denied` for a signature that is none or another path's, and for one that has expired or is good for longer than
  /// `max_signed_link_lifetime`. Compares in constant time.
  [[nodiscard]] Result<void> check(std::string_view path, std::string_view expires, std::string_view signature,
                                   std::chrono::system_clock::time_point now) const;

 private:
  std::string key_;
};

}  // namespace dray::server
