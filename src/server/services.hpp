#pragma once

#include <dray/server/registry.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace dray::server {

class PullThrough;

/// What handlers work with.
struct Services {
  std::shared_ptr<RegistryStorage> storage;
  std::shared_ptr<Access> access;
  std::shared_ptr<PullThrough> pull_through;  ///< Null without upstreams.
  RegistryOptions options;
  Clock& clock;
  MoreMetrics more_metrics;
};

/// One request on its way through a handler: routed, its names checked, its sender allowed.
struct Call {
  Request& request;
  std::string repository = {};  ///< Empty where the route has none.
  std::string last = {};        ///< The route's last part: a tag, digest or upload id, decoded; grammar not checked.
  std::string user = {};        ///< Empty where nobody was asked.
};

/// Answers on a worker thread: for what may block although it has no body, or none that matters.
[[nodiscard]] Handled later(std::function<Response()> answer);

}  // namespace dray::server
