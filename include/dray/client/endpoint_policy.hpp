#pragma once

#include <dray/base/result.hpp>
#include <dray/core/reference.hpp>
#include <dray/http/url.hpp>

namespace dray::client {

/// Where a registry is reached.
struct Endpoint {
  http::Url base;  ///< `https://registry-1.docker.io/`: ends with `/`, `v2/…` follows.
};

/// Decides where a registry is reached and how. Safe from many threads.
class EndpointPolicy {
 public:
  virtual ~EndpointPolicy() = default;
  [[nodiscard]] virtual Result<Endpoint> endpoint(const Registry& registry) = 0;
};

}  // namespace dray::client
