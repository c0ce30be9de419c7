#pragma once

#include <dray/app/serve.hpp>
#include <dray/server/upstream.hpp>
#include <memory>

namespace dray {

/// The repositories of these upstreams, through clients of their own.
[[nodiscard]] std::shared_ptr<server::UpstreamProvider> make_upstreams(const ServeOptions& options);

}  // namespace dray
