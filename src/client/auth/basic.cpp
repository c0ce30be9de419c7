#include "basic.hpp"

#include <dray/format/base64.hpp>
#include <memory>

namespace dray::client {

std::string basic_authorization(const Credential& credential) {
  return "Basic " + base64_encode(credential.username + ":" + credential.password);
}

http::Authorize bound_to(http::Origin home, std::string value) {
  // One call of the session runs on one thread; the flag is shared by the copies of the function.
  auto left = std::make_shared<bool>(false);
  return [home = std::move(home), value = std::move(value),
          left](const http::Url& url) -> Result<std::optional<std::string>> {
    *left = *left || url.origin() != home;
    if (*left) return std::optional<std::string>();
    return std::optional(value);
  };
}

}  // namespace dray::client
