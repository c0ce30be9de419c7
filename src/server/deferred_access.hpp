#pragma once

#include <vector>

#include "routes.hpp"
#include "services.hpp"

namespace dray::server {

/// Runs an operation if the access allows it: at once where that is known, else on a worker, before the first byte of
/// the body is taken.
[[nodiscard]] Handled with_access(Services& services, const Operation& operation, std::vector<Need> needs, Call call);

/// The answer to a request for a token; its form is read on a worker.
[[nodiscard]] Handled answer_token(Services& services, const Request& request);

/// What every answer carries.
void add_common_headers(Response& response);

}  // namespace dray::server
