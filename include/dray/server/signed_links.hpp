#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/base/result.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace dray::server {

/// Who checks a link, and so how it is signed.
enum class LinkForm : std::uint8_t {
  /// `dray serve --role content`: `expires=N&sig=S`, S the base64url HMAC-SHA256 of the path, a line end and N.
  dray,
  /// nginx: `expires=N&md5=S`, as `secure_link_md5 "$secure_link_expires$uri KEY"` wants it.
  nginx,
};

/// URLs to a blob's bytes on another host that nobody else can make, and that expire. docs/serve.md has the settings
/// for nginx.
class SignedLinks {
 public:
  /// The key is a file of `min_link_key_bytes` or more; line ends at its end are no part of it. Errors: also
  /// `invalid_input` where a key for nginx has other characters than letters, digits and `+/=._-`, since nginx's
  /// settings have it as text.
  [[nodiscard]] static Result<SignedLinks> read_key(const std::filesystem::path& key_file,
                                                    LinkForm form = LinkForm::dray);
  explicit SignedLinks(std::string key, LinkForm form = LinkForm::dray) : key_(std::move(key)), form_(form) {}

  /// The name of the query's parameter with the signature: `sig` or `md5`.
  [[nodiscard]] std::string_view signature_parameter() const noexcept;
  /// The query, without a `?`, that makes `path` (begins with `/`) good until `expires`, a Unix time.
  [[nodiscard]] std::string query_for(std::string_view path, std::chrono::system_clock::time_point expires) const;
  /// `denied` for a signature that is none or another path's, and for one that has expired or is good for longer than
  /// `max_signed_link_lifetime`. Compares in constant time.
  [[nodiscard]] Result<void> check(std::string_view path, std::string_view expires, std::string_view signature,
                                   std::chrono::system_clock::time_point now) const;

 private:
  [[nodiscard]] std::string sign(std::string_view path, std::string_view expires) const;

  std::string key_;
  LinkForm form_;
};

}  // namespace dray::server
