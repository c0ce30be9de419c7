#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <vector>

#include "bring.hpp"

namespace dray::ops {

/// Who brings which blob to a place that several copies write to, so that none is brought or asked about twice. Safe
/// from many threads.
class BlobClaims {
 public:
  enum class Answer : std::uint8_t {
    yours,   ///< The caller brings it, and then says `settle`.
    there,   ///< Somebody has brought it, or in a dry run counted it.
    others,  ///< Somebody is about to.
  };
  [[nodiscard]] Answer claim(const Digest& digest);
  /// The end of a claim: the blob is there, or the caller gave it up and another may try.
  void settle(const Digest& digest, bool there);
  /// Waits while somebody else holds a claim on it; false when stopped.
  [[nodiscard]] bool wait(const Digest& digest, const std::stop_token& stop);

 private:
  enum class State : std::uint8_t { claimed, there };
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Digest, State> states_;
};

/// `bring` for one of several copies into one place. Each brings what nobody else does, and waits for the rest; blobs
/// of others count as `present`.
[[nodiscard]] Result<Brought> bring_claimed(ContentSource& source, const Graph& graph, ContentSink& sink,
                                            BlobClaims& claims, const CopyOptions& options,
                                            const std::stop_token& stop);

}  // namespace dray::ops
