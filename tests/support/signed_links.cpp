#include "support/signed_links.hpp"

#include <charconv>

#include "support/answer.hpp"
#include "support/hashing.hpp"

namespace dray::testing {
namespace {

constexpr std::string_view secret = "the content network's key";
constexpr std::string_view region = "01031d61e1024861afee5d512651eb9f";

std::string signature_of(std::string_view path, const std::string& expiry, const std::string& serial) {
  return base64(hmac_sha256(secret, std::string(path) + "\n" + expiry + "\n" + serial));
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string SignedLinks::path_of(const std::string& digest) {
  const std::string hex = digest.substr(digest.find(':') + 1);
  return "/" + std::string(region) + "-h36fskt2ei//docker/registry/v2/blobs/" + digest.substr(0, digest.find(':')) +
         "/" + hex.substr(0, 2) + "/" + hex + "/data";
}

std::string SignedLinks::make(const std::string& digest, std::int64_t expiry, int uses) {
  const std::lock_guard lock(mutex_);
  const std::string serial = base64(hmac_sha256(secret, "serial " + std::to_string(++made_)));
  links_[serial] = {digest, uses > 0, uses};
  const std::string path = path_of(digest);
  const std::string moment = std::to_string(expiry);
  return path + "?P1=" + moment + "&P2=1&P3=1&P4=" + percent_encode(serial) +
         "&se=" + percent_encode(iso_time(expiry)) + "&sig=" + percent_encode(signature_of(path, moment, serial)) +
         "&sp=r&sr=b&sv=2016-05-31&regid=" + std::string(region);
}

std::optional<std::string> SignedLinks::check(const ServerRequest& request) {
  const std::string expiry = request.parameter("P1").value_or("");
  const std::string serial = request.parameter("P4").value_or("");
  if (request.parameter("sig") != signature_of(request.path(), expiry, serial)) return std::nullopt;
  std::int64_t moment = 0;
  std::from_chars(expiry.data(), expiry.data() + expiry.size(), moment);
  if (moment <= now() || request.parameter("se") != iso_time(moment)) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(serial);
  if (found == links_.end()) return std::nullopt;
  Link& link = found->second;
  if (link.counted && link.uses_left-- <= 0) return std::nullopt;
  return link.digest;
}

void SignedLinks::expire_all() {
  const std::lock_guard lock(mutex_);
  links_.clear();
}

int SignedLinks::made() const {
  const std::lock_guard lock(mutex_);
  return made_;
}

}  // namespace dray::testing
