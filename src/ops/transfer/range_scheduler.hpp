#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <dray/base/bytes.hpp>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// Shares the missing ranges of one blob among workers, so that each byte is handed out once. A worker leases a
/// range, claims bytes from its front before it writes them, and releases what it did not get to. The end of a lease
/// moves towards its front when another worker is given its tail. Safe from many threads.
class RangeScheduler {
 public:
  /// `missing` is in order and does not overlap. No range is split into parts below `min_range`.
  RangeScheduler(std::vector<ByteRange> missing, std::uint64_t min_range);

  struct Lease {
    std::size_t id = 0;
    ByteRange range;  ///< As it was when the lease began.
  };

  /// A range that nobody works on (the one that begins at `preferred`, where there is such a one, else the first), or
  /// else the second half of the largest one under way. nullopt where nothing is worth handing out.
  [[nodiscard]] std::optional<Lease> take(std::optional<std::uint64_t> preferred = {});
  /// The same, but waits until there is something, all is done, or `stop`.
  [[nodiscard]] std::optional<Lease> wait_and_take(std::optional<std::uint64_t> preferred, const std::stop_token& stop);
  /// The last `bytes` of the largest range under way, at most half of it.
  [[nodiscard]] std::optional<Lease> take_tail(std::uint64_t bytes);

  /// Cuts what is left into about `parts` equal ranges, or into more where they would be larger than `largest`;
  /// those under way keep their front.
  void spread(std::size_t parts, std::uint64_t largest);

  /// Bytes of the lease that are not claimed.
  [[nodiscard]] std::uint64_t left(std::size_t id) const;
  /// Takes up to `bytes` from the front of the lease for the caller to write, and says how many it got.
  [[nodiscard]] std::uint64_t claim(std::size_t id, std::uint64_t bytes);
  /// Ends the lease; what was not claimed is handed out again.
  void release(std::size_t id);

  /// Bytes that nobody has claimed.
  [[nodiscard]] std::uint64_t unclaimed() const;

 private:
  struct Active {
    std::size_t id;
    ByteRange range;  // what is not claimed
  };

  Active& find(std::size_t id);
  Lease begin(ByteRange range);
  std::optional<Lease> take_locked(std::optional<std::uint64_t> preferred);
  Active* largest();
  void add_pending(ByteRange range);
  ByteRange cut_front(ByteRange range, std::size_t parts);

  const std::uint64_t min_range_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<ByteRange> pending_;  // in order
  std::vector<Active> active_;
  std::size_t next_id_ = 0;
};

}  // namespace dray::ops
