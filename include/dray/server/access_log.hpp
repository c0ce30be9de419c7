#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/file.hpp>
#include <dray/server/engine.hpp>
#include <memory>
#include <string>

namespace dray::server {

/// One answered request as a line of JSON, without the line end: `time`, `peer`, `method`, `target`, `status`,
/// `received`, `sent`, `seconds`, `agent`, `complete`. What a client wrote is escaped, the values of `sig`, `md5`,
/// `token`, `account` and the like are left out: one request is one line and holds no secret.
[[nodiscard]] std::string log_line(const Served& served, std::chrono::system_clock::time_point now);

/// Writes lines to a descriptor from a thread of its own, once a second or when much has gathered; a full pipe loses
/// lines (and says how many) rather than hold up the server. Safe from many threads.
class AccessLog {
 public:
  /// `fd` stays the caller's.
  [[nodiscard]] static std::unique_ptr<AccessLog> make(int fd, Clock& clock);
  virtual ~AccessLog() = default;  ///< Writes what is left.
  virtual void note(const Served& served) = 0;
};

}  // namespace dray::server
