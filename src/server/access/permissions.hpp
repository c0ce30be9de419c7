#pragma once

#include <dray/server/access.hpp>
#include <string_view>

namespace dray::server {

/// Who may do what, once it is known who somebody is. Safe from many threads.
class Permissions {
 public:
  virtual ~Permissions() = default;
  /// `user` is empty for somebody who did not log in.
  [[nodiscard]] virtual bool allow(std::string_view user, const Need& need) = 0;
  /// Whether somebody who did not log in may do anything at all.
  [[nodiscard]] virtual bool allow_anonymous() = 0;
};

/// Without a policy: every user may do everything, and others may pull from repositories where `anonymous_pull` is.
[[nodiscard]] std::unique_ptr<Permissions> simple_permissions(bool anonymous_pull);

}  // namespace dray::server
