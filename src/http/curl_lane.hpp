#pragma once

#include <dray/base/guarded.hpp>
#include <dray/http/url.hpp>
#include <memory>
#include <vector>

#include "curl_handle.hpp"

namespace dray::http {

/// What one exchange runs in, alone: a private multi handle, with the connections that earlier exchanges left alive
/// and a way to be woken from another thread.
struct Lane {
  CurlMulti multi;
  CurlEasy easy;                ///< Never in `multi` while the lane is idle.
  std::vector<Origin> origins;  ///< Those that a connection may be left to, the latest last.

  /// Notes that a connection to `origin` was left.
  void left_connection(const Origin& origin);
};

/// The lanes that nobody uses just now. Safe from many threads.
class LanePool {
 public:
  /// A lane with a connection to `origin`, else the one that was idle for longest, else a new one.
  /// nullptr when libcurl has no memory.
  [[nodiscard]] std::unique_ptr<Lane> borrow(const Origin& origin);
  void give_back(std::unique_ptr<Lane> lane);

 private:
  Guarded<std::vector<std::unique_ptr<Lane>>> idle_;  ///< the latest last
};

}  // namespace dray::http
