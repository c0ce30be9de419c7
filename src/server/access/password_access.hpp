#pragma once

#include <dray/server/access.hpp>
#include <memory>

#include "password_hasher.hpp"

namespace dray::server {

/// `password_access` with a hasher of the caller's.
[[nodiscard]] Result<std::shared_ptr<Access>> make_password_access(const AccessOptions& options, Clock& clock,
                                                                   std::unique_ptr<PasswordHasher> hasher);

}  // namespace dray::server
