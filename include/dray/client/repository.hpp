#pragma once

#include <chrono>
#include <dray/client/registry_client.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dray::client {

/// Where a registry says a blob's bytes are, without fetching them.
struct BlobLocation {
  int status = 0;                ///< 200: the registry itself; 3xx: elsewhere.
  std::optional<http::Url> url;  ///< The redirect's target; a signed capability: show `printable()` unless asked.
  std::optional<std::chrono::system_clock::time_point>
      expires;  ///< From `se`, `P1`, `X-Amz-Date`+`X-Amz-Expires`, `Expires`, ….
  std::optional<std::uint64_t> size;
};

/// A repository on a registry: a place like any other, and the protocol's own verbs beside that.
/// Where the registry keeps no track of referrers, the repository does, in an index under the tag `sha256-<hex>`: the
/// entries of manifests that are put and removed here are added and taken away, and the index is read again after each
/// change, since there is no lock and others may write it at the same time.
class Repository : public ContentStore, public HasOrigin, public MountsBlobs, public OpensUrls, public ListsReferrers {
 public:
  [[nodiscard]] static std::shared_ptr<Repository> make(std::shared_ptr<RegistryClient> client, RepositoryName name);

  [[nodiscard]] virtual const RepositoryName& name() const noexcept = 0;

  /// HEAD of a blob: its size, or `not_found`.
  [[nodiscard]] virtual Result<std::uint64_t> head_blob(const Digest& digest, const std::stop_token& stop) = 0;
  /// Asks for a blob and does not follow.
  [[nodiscard]] virtual Result<BlobLocation> locate_blob(const Digest& digest, const std::stop_token& stop) = 0;
};

/// When a signed URL ends, read from the parameters of Azure, AWS, Google and CloudFront.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> link_expiry(const http::Url& url);

}  // namespace dray::client
