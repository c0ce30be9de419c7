#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "support/http_message.hpp"

namespace dray::testing {

/// Makes and checks links as MCR's content network signs them: the path with its double slash, `P1` and `se` the same
/// moment, a signature over path, moment and serial number. Safe from many threads.
class SignedLinks {
 public:
  /// Path and query of a fresh link to a blob, good until `expiry` (seconds since 1970) and for `uses` requests
  /// (0: any number).
  [[nodiscard]] std::string make(const std::string& digest, std::int64_t expiry, int uses);
  /// Counts a use. The blob's digest, or nothing when the link is forged, was changed, is spent, or has expired.
  [[nodiscard]] std::optional<std::string> check(const ServerRequest& request);
  /// No link that was made so far is good any more.
  void expire_all();
  [[nodiscard]] int made() const;

  /// The path of a blob, without a query.
  [[nodiscard]] static std::string path_of(const std::string& digest);

 private:
  struct Link {
    std::string digest;
    bool counted = false;
    int uses_left = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Link> links_;  // by serial number, the value of P4
  int made_ = 0;
};

}  // namespace dray::testing
