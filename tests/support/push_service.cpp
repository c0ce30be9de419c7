#include "support/push_service.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <dray/core/limits.hpp>
#include <dray/core/media_type.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "support/hashing.hpp"

namespace dray::testing {
namespace {

namespace json = boost::json;
namespace types = media_types;

struct ChunkRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// `^[0-9]+-[0-9]+$`, no unit.
std::optional<ChunkRange> parse_chunk_range(const std::string& text) {
  ChunkRange range;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, range.last);
  if (last.ec != std::errc() || last.ptr != end || range.last < range.first) return std::nullopt;
  return range;
}

std::string digest_like(const std::string& wanted, std::string_view bytes) {
  return wanted.starts_with("sha512:") ? sha512_digest_of(bytes) : digest_of(bytes);
}

std::string state_token(const std::string& id, int step) { return base64url(id + "." + std::to_string(step)); }

Answer created_at(const std::string& location, const std::string& digest) {
  Answer answer;
  answer.status = 201;
  answer.headers = {{"Location", location}, {"Docker-Content-Digest", digest}};
  return answer;
}

Answer invalid_manifest(std::string_view why) { return error_answer(400, "MANIFEST_INVALID", "manifest invalid", why); }

bool is_foreign(const json::object& layer) {
  const auto type = layer.at("mediaType").as_string();
  return type.find("foreign") != json::string::npos || type.find("nondistributable") != json::string::npos;
}

}  // namespace

Answer PushService::upload_answer(int status, const std::string& id, const UploadPosition& position,
                                  const std::string& origin) const {
  const std::string path = "/v2/" + position.repository + "/blobs/uploads/" + id +
                           "?_state=" + percent_encode(state_token(id, position.step) + "==") + "&kind=a%2Fb";
  Answer answer;
  answer.status = status;
  answer.headers = {{"Location", (options_.absolute_locations ? origin : "") + path},
                    {"Docker-Upload-UUID", id},
                    {"Range", "0-" + std::to_string(position.size == 0 ? 0 : position.size - 1)}};
  if (options_.chunk_min_length > 0) {
    answer.headers.add("OCI-Chunk-Min-Length", std::to_string(options_.chunk_min_length));
  }
  return answer;
}

Answer PushService::answer_upload(const RegistryTarget& target, const ServerRequest& request,
                                  const std::string& origin) {
  if (target.reference.empty()) {
    if (request.method == "POST") return begin(target, request, origin);
    return error_answer(405, "UNSUPPORTED", "the operation is unsupported");
  }
  const auto position = state_.upload(target.reference);
  if (!position || position->repository != target.repository) {
    return error_answer(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", target.reference);
  }
  if (request.method == "GET") return upload_answer(204, target.reference, *position, origin);
  if (request.parameter("_state") != state_token(target.reference, position->step) + "==" ||
      request.parameter("kind") != "a/b") {
    return error_answer(400, "BLOB_UPLOAD_INVALID", "not the location that was given last");
  }
  if (request.method == "PATCH") return append(target, request, origin);
  if (request.method == "PUT") return finish(target, request);
  if (request.method != "DELETE") return error_answer(405, "UNSUPPORTED", "the operation is unsupported");
  (void)state_.take_upload(target.reference);
  Answer answer;
  answer.status = 204;
  return answer;
}

Answer PushService::begin(const RegistryTarget& target, const ServerRequest& request, const std::string& origin) {
  const auto mount = request.parameter("mount");
  const auto from = request.parameter("from");
  if (mount && from && !options_.refuse_mounts && state_.mount_blob(target.repository, *mount, *from)) {
    return created_at("/v2/" + target.repository + "/blobs/" + *mount, *mount);
  }
  const auto digest = request.parameter("digest");
  if (digest) return store_blob(target.repository, *digest, request.body);
  if (request.body_size > 0) return error_answer(400, "SIZE_INVALID", "a body without a digest");
  const std::string id = state_.begin_upload(target.repository);
  return upload_answer(202, id, {target.repository}, origin);
}

Answer PushService::append(const RegistryTarget& target, const ServerRequest& request, const std::string& origin) {
  const auto position = state_.upload(target.reference);
  if (!position) return error_answer(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  const auto header = request.headers.find("Content-Range");
  if (header) {
    const auto range = parse_chunk_range(*header);
    if (!range) return error_answer(400, "BLOB_UPLOAD_INVALID", "Content-Range is not START-END", *header);
    if (range->first != position->size || range->last - range->first + 1 != request.body_size) {
      return upload_answer(416, target.reference, *position, origin);
    }
  }
  return upload_answer(202, target.reference, state_.append_upload(target.reference, request.body), origin);
}

Answer PushService::finish(const RegistryTarget& target, const ServerRequest& request) {
  const auto digest = request.parameter("digest");
  if (!digest) return error_answer(400, "DIGEST_INVALID", "the digest parameter is missing");
  state_.append_upload(target.reference, request.body);
  return store_blob(target.repository, *digest, state_.take_upload(target.reference));
}

Answer PushService::store_blob(const std::string& repository, const std::string& digest, std::string bytes) {
  if (digest_like(digest, bytes) != digest) {
    return error_answer(400, "DIGEST_INVALID", "provided digest did not match uploaded content", digest);
  }
  state_.put_blob(repository, digest, share(std::move(bytes)));
  return created_at("/v2/" + repository + "/blobs/" + digest, digest);
}

Answer* PushService::missing_children(const std::string& repository, const std::string& body, Answer& answer) const {
  const json::object document = json::parse(body).as_object();
  const auto refuse = [&](const std::string& digest) {
    answer = error_answer(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", digest);
    return &answer;
  };
  if (const auto* children = document.if_contains("manifests")) {
    for (const json::value& child : children->as_array()) {
      const auto digest = json::value_to<std::string>(child.at("digest"));
      if (!state_.manifest(repository, digest)) return refuse(digest);
    }
    return nullptr;
  }
  const auto config = json::value_to<std::string>(document.at("config").at("digest"));
  if (!state_.has_blob(repository, config)) return refuse(config);
  for (const json::value& layer : document.at("layers").as_array()) {
    const auto digest = json::value_to<std::string>(layer.at("digest"));
    if (!is_foreign(layer.as_object()) && !state_.has_blob(repository, digest)) return refuse(digest);
  }
  return nullptr;
}

Answer PushService::put_manifest(const RegistryTarget& target, const ServerRequest& request) {
  if (request.body_size > limits::max_manifest_bytes) {
    return error_answer(413, "SIZE_INVALID", "the manifest is larger than 4 MiB");
  }
  const std::string type = request.headers.get("Content-Type");
  const bool oci = type == types::oci_index || type == types::oci_manifest;
  if (!oci && type != types::docker_index && type != types::docker_manifest) return invalid_manifest("media type");
  if (oci && options_.refuse_oci) return invalid_manifest("media type");
  Answer refusal;
  try {
    const json::object document = json::parse(request.body).as_object();
    const auto* own = document.if_contains("mediaType");
    if (own != nullptr ? own->as_string() != type : !oci) return invalid_manifest("mediaType is not Content-Type");
    if (missing_children(target.repository, request.body, refusal) != nullptr) return refusal;
  } catch (const std::exception& error) {
    return invalid_manifest(error.what());
  }
  const bool by_digest = target.reference.find(':') != std::string::npos;
  const std::string digest = by_digest ? digest_like(target.reference, request.body) : digest_of(request.body);
  if (by_digest && digest != target.reference) {
    return error_answer(400, "DIGEST_INVALID", "provided digest did not match uploaded content", target.reference);
  }
  state_.put_manifest(target.repository, {digest, type, share(request.body)});
  if (!by_digest) state_.set_tag(target.repository, target.reference, digest);
  return created_at("/v2/" + target.repository + "/manifests/" + digest, digest);
}

Answer PushService::remove(const RegistryTarget& target) {
  if (options_.refuse_deletes) return error_answer(405, "UNSUPPORTED", "the operation is unsupported");
  const bool removed = target.route == Route::manifest ? state_.remove_manifest(target.repository, target.reference)
                                                       : state_.remove_blob(target.repository, target.reference);
  if (removed) {
    Answer answer;
    answer.status = 202;
    return answer;
  }
  return target.route == Route::manifest
             ? error_answer(404, "MANIFEST_UNKNOWN", "manifest unknown", target.reference)
             : error_answer(404, "BLOB_UNKNOWN", "blob unknown to registry", target.reference);
}

}  // namespace dray::testing
