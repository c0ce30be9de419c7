#include "engine/buffer_pool.hpp"

#include <algorithm>
#include <dray/server/limits.hpp>
#include <utility>

namespace dray::server::engine {

Buffer BufferPool::take() {
  if (out_ == most_) return nullptr;
  Buffer buffer;
  if (free_.empty()) {
    buffer = Buffer(new std::byte[limits::transfer_bytes]);
  } else {
    buffer = std::move(free_.back());
    free_.pop_back();
  }
  ++out_;
  least_free_ = std::min(least_free_, free_.size());
  return buffer;
}

void BufferPool::give(Buffer buffer) {
  while (!waiting_.empty()) {
    const auto offer = std::move(waiting_.front());
    waiting_.pop_front();
    if (offer(buffer)) return;
  }
  --out_;
  free_.push_back(std::move(buffer));
}

void BufferPool::trim() {
  free_.resize(free_.size() - least_free_);
  least_free_ = free_.size();
}

}  // namespace dray::server::engine
