#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/server/access.hpp>
#include <dray/server/message.hpp>
#include <dray/server/signed_links.hpp>
#include <dray/server/upstream.hpp>
#include <dray/store/registry_storage.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace dray::server {

/// What the registry does with requests; each has a default that suits a private registry on one machine.
struct RegistryOptions {
  bool read_only = false;             ///< No push and no deletion: 405.
  bool allow_delete = true;           ///< Else DELETE of tags, manifests and blobs is 405.
  bool sparse_indexes = false;        ///< An index may name manifests that are not here.
  bool catalog = true;                ///< Else `_catalog` is 405.
  std::uint64_t chunk_min_bytes = 0;  ///< Told to clients as `OCI-Chunk-Min-Length`; 0: not told.
  /// Blobs are answered with 307 to `BASE/v2/<name>/blobs/<digest>` with a signed query.
  struct Redirect {
    std::string base_url;
    SignedLinks links;
    std::chrono::seconds lifetime = std::chrono::minutes(10);
  };
  std::optional<Redirect> redirect;
  /// The other side: only blobs, only GET and HEAD, only with such a query, and nothing else is asked.
  std::optional<SignedLinks> content_only;
  std::chrono::seconds tag_age = std::chrono::minutes(5);  ///< Pull-through: a tag older than this is asked for again.
};

/// Lines of the metrics page that others contribute (the engine's counts); Prometheus text.
using MoreMetrics = std::function<std::string()>;

/// The registry as a service: the OCI distribution API 1.1 and the Docker Registry HTTP API V2 over a storage.
/// `upstream` may be null. No state but the storage, and caches of what never changes.
[[nodiscard]] std::shared_ptr<Service> make_registry_service(std::shared_ptr<RegistryStorage> storage,
                                                             std::shared_ptr<Access> access,
                                                             std::shared_ptr<UpstreamProvider> upstream,
                                                             RegistryOptions options, Clock& clock,
                                                             MoreMetrics more_metrics = {});

}  // namespace dray::server
