#include "support/registry_target.hpp"

#include <regex>

namespace dray::testing {

RegistryTarget parse_registry_path(std::string_view path) {
  if (path == "/v2/" || path == "/v2") return {Route::ping};
  if (path == "/v2/_catalog") return {Route::catalog};
  // Source: distribution-spec 1.1, "Pulling manifests".
  static const std::regex pattern(
      "/v2/([a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*)"
      "/(tags/list|manifests/([A-Za-z0-9_+.:-]+)|blobs/uploads/([0-9A-Za-z-]*)|blobs/([A-Za-z0-9_+.:=-]+))");
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_match(path.begin(), path.end(), match, pattern)) return {};
  const std::string repository = match[1];
  if (match[2] == "tags/list") return {Route::tags, repository};
  if (match[3].matched) return {Route::manifest, repository, match[3]};
  if (match[4].matched) return {Route::upload, repository, match[4]};
  return {Route::blob, repository, match[5]};
}

}  // namespace dray::testing
