#include "manifest_answer.hpp"

#include "../conditional.hpp"

namespace dray::server {

Response answer_manifest(const Request& request, const std::shared_ptr<const RawManifest>& manifest) {
  const auto& digest = manifest->descriptor.digest;
  Response response;
  response.headers.add("Content-Type", manifest->descriptor.media_type.text());
  response.headers.add("Docker-Content-Digest", digest.text());
  response.headers.add("ETag", entity_tag(digest));
  if (has_already(request, digest)) {
    response.status = 304;
    return response;
  }
  response.body = std::shared_ptr<const std::string>(manifest, &manifest->bytes);
  return response;
}

}  // namespace dray::server
