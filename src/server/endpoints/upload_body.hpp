#pragma once

#include <dray/core/digest.hpp>
#include <memory>
#include <optional>
#include <string>

#include "../services.hpp"

namespace dray::server {

/// Where an upload's chunk stands, as `Content-Range: <first>-<last>` says it.
struct ChunkRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// How the body of a request becomes part of an upload, and what is answered.
struct UploadPlan {
  std::string repository = {};
  std::string user = {};
  std::string id = {};  ///< Empty: a new one is begun.
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  std::optional<ChunkRange> range = {};    ///< What the client says this chunk is.
  std::optional<std::uint64_t> size = {};  ///< The body's, where it is known.
  std::optional<Digest> commit = {};       ///< The blob is complete with this body.
};

[[nodiscard]] Handled take_upload(Services& services, UploadPlan plan);

/// Heads of answers about an upload: `Location`, `Range`, `Docker-Upload-UUID`.
void add_upload_headers(Response& response, const std::string& repository, const std::string& id, std::uint64_t offset);
/// 201: the blob is there.
[[nodiscard]] Response blob_created(const std::string& repository, const Digest& digest);

}  // namespace dray::server
