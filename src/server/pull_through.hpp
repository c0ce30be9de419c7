#pragma once

#include <chrono>
#include <dray/base/clock.hpp>
#include <dray/server/upstream.hpp>
#include <dray/store/registry_storage.hpp>
#include <memory>

#include "services.hpp"

namespace dray::server {

/// Answers GET and HEAD from the storage, and from an upstream what the storage lacks: streams to the client while it
/// stores, one upstream fetch however many clients ask and whether or not they stay. What was fetched is verified
/// before it is kept. A tag older than its age is asked for again; when the upstream is away, what is here is served
/// and said to be stale.
class PullThrough {
 public:
  virtual ~PullThrough() = default;  ///< Stops the fetches under way.
  [[nodiscard]] static std::shared_ptr<PullThrough> make(std::shared_ptr<RegistryStorage> storage,
                                                         std::shared_ptr<UpstreamProvider> upstream,
                                                         std::chrono::seconds tag_age, Clock& clock);

  [[nodiscard]] virtual Handled get_manifest(const Call& call, const ManifestName& name) = 0;
  /// True for a repository that an upstream stands behind: nothing may be pushed there.
  [[nodiscard]] virtual bool is_upstreams(const std::string& repository) = 0;
  /// A blob that the storage does not have.
  [[nodiscard]] virtual Handled get_blob(const Call& call, const Digest& digest) = 0;
};

}  // namespace dray::server
