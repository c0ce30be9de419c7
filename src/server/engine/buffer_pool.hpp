#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace dray::server::engine {

/// Room for what is on its way to a worker; uninitialised.
using Buffer = std::unique_ptr<std::byte[]>;

/// A bounded number of transfer buffers. Whoever holds one gives it back without waiting for a peer, so that those who
/// wait here are never held up by a slow client. Belongs to one loop.
class BufferPool {
 public:
  explicit BufferPool(std::size_t most) : most_(most) {}

  /// Null when all are taken; then `wait` may be called.
  [[nodiscard]] Buffer take();
  /// `offer` is called once, with the next buffer that comes back and is nobody's before. It takes the buffer or says
  /// false.
  void wait(std::function<bool(Buffer&)> offer) { waiting_.push_back(std::move(offer)); }
  void give(Buffer buffer);
  /// Frees those that nobody used since the last call.
  void trim();

 private:
  std::vector<Buffer> free_;
  std::deque<std::function<bool(Buffer&)>> waiting_;
  std::size_t most_;
  std::size_t out_ = 0;
  std::size_t least_free_ = 0;  // since the last trim
};

}  // namespace dray::server::engine
