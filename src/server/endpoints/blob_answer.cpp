#include "blob_answer.hpp"

#include "../api_error.hpp"
#include "../conditional.hpp"

namespace dray::server {

Response blob_head(const Digest& digest) {
  Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("Docker-Content-Digest", digest.text());
  response.headers.add("ETag", entity_tag(digest));
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("Cache-Control", "max-age=31536000");
  return response;
}

Response answer_blob(const Request& request, const Digest& digest, StoredBlob blob) {
  auto response = blob_head(digest);
  if (has_already(request, digest)) {
    response.status = 304;
    return response;
  }
  const auto wanted = wanted_bytes(request, blob.size, digest);
  if (std::holds_alternative<Unsatisfiable>(wanted)) {
    auto refused = refusal(ApiCode::range_invalid, "the range begins behind the end of the blob");
    refused.headers.add("Content-Range", "bytes */" + std::to_string(blob.size));
    return refused;
  }
  ByteRange range{0, blob.size};
  if (const auto* const part = std::get_if<ByteRange>(&wanted)) {
    range = *part;
    response.status = 206;
    response.headers.add("Content-Range", "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) +
                                              "/" + std::to_string(blob.size));
  }
  response.body = FileBody{std::move(blob.file), range};
  return response;
}

}  // namespace dray::server
