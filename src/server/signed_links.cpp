#include <dray/server/limits.hpp>
#include <dray/server/signed_links.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

#include "crypto.hpp"
#include "key_file.hpp"

namespace dray::server {
namespace {

using Time = std::chrono::system_clock::time_point;

std::int64_t unix_seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// Digits as `query_for` writes them: one way to write a number.
std::optional<std::int64_t> parse_seconds(std::string_view digits) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc{} || std::to_string(seconds) != digits) return std::nullopt;
  return seconds;
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("+/=._-").find(c) != std::string_view::npos;
}

Error denied(std::string why) { return {ErrorCode::denied, std::move(why)}; }

}  // namespace

Result<SignedLinks> SignedLinks::read_key(const std::filesystem::path& key_file, LinkForm form) {
  DRAY_TRY_ASSIGN(auto key, read_key_file(key_file, limits::min_link_key_bytes));
  if (form == LinkForm::nginx && !std::ranges::all_of(key, is_plain)) {
    return Error(
        ErrorCode::invalid_input,
        "the key in " + key_file.string() + " may have letters, digits and '+/=._-' alone where nginx is to know it");
  }
  return SignedLinks(std::move(key), form);
}

std::string_view SignedLinks::signature_parameter() const noexcept { return form_ == LinkForm::nginx ? "md5" : "sig"; }

std::string SignedLinks::sign(std::string_view path, std::string_view expires) const {
  std::string text;
  if (form_ == LinkForm::nginx) {
    text.append(expires).append(path).append(" ").append(key_);
    return base64url_encode(md5(text));
  }
  text.append(path).append("\n").append(expires);
  return base64url_encode(hmac_sha256(key_, text));
}

std::string SignedLinks::query_for(std::string_view path, Time expires) const {
  const auto seconds = std::to_string(unix_seconds(expires));
  return "expires=" + seconds + "&" + std::string(signature_parameter()) + "=" + sign(path, seconds);
}

Result<void> SignedLinks::check(std::string_view path, std::string_view expires, std::string_view signature,
                                Time now) const {
  if (!equal_in_constant_time(sign(path, expires), signature)) return denied("the link's signature is wrong");
  const auto seconds = parse_seconds(expires);
  if (!seconds) return denied("the link's time of expiry is no number");
  const auto at = unix_seconds(now);
  if (*seconds < at) return denied("the link has expired");
  if (*seconds > at + std::chrono::seconds(limits::max_signed_link_lifetime).count()) {
    return denied("the link is good for longer than is allowed");
  }
  return {};
}

}  // namespace dray::server
