#pragma once

#include <cstdint>
#include <string>

#include "support/answer.hpp"
#include "support/registry_state.hpp"
#include "support/registry_target.hpp"

namespace dray::testing {

struct PushOptions {
  bool absolute_locations = false;     ///< Whether upload locations are whole URLs.
  std::uint64_t chunk_min_length = 0;  ///< Not 0: announced as `OCI-Chunk-Min-Length`.
  bool refuse_oci = false;      ///< OCI manifests are MANIFEST_INVALID, as on registries that know Docker's only.
  bool refuse_mounts = false;   ///< A mount always becomes an upload.
  bool refuse_deletes = false;  ///< 405 UNSUPPORTED.
};

/// The writing half of a registry, strict where the specification allows it. Source: distribution-spec 1.1, "Push".
class PushService {
 public:
  PushService(RegistryState& state, PushOptions options) : state_(state), options_(options) {}

  /// POST, PATCH, PUT, GET and DELETE of `…/blobs/uploads/…`. `origin` is that of the registry.
  [[nodiscard]] Answer answer_upload(const RegistryTarget& target, const ServerRequest& request,
                                     const std::string& origin);
  [[nodiscard]] Answer put_manifest(const RegistryTarget& target, const ServerRequest& request);
  /// DELETE of a manifest, tag or blob.
  [[nodiscard]] Answer remove(const RegistryTarget& target);

 private:
  [[nodiscard]] Answer begin(const RegistryTarget& target, const ServerRequest& request, const std::string& origin);
  [[nodiscard]] Answer append(const RegistryTarget& target, const ServerRequest& request, const std::string& origin);
  [[nodiscard]] Answer finish(const RegistryTarget& target, const ServerRequest& request);
  [[nodiscard]] Answer store_blob(const std::string& repository, const std::string& digest, std::string bytes);
  [[nodiscard]] Answer upload_answer(int status, const std::string& id, const UploadPosition& position,
                                     const std::string& origin) const;
  [[nodiscard]] Answer* missing_children(const std::string& repository, const std::string& body, Answer& answer) const;

  RegistryState& state_;
  PushOptions options_;
};

}  // namespace dray::testing
