#include "subject_turns.hpp"

namespace dray::client {

Result<void> SubjectTurns::begin(const Digest& subject, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return !taken_.contains(subject); })) {
    return Error(ErrorCode::cancelled, "stopped");
  }
  taken_.insert(subject);
  return {};
}

void SubjectTurns::end(const Digest& subject) {
  {
    const std::lock_guard lock(mutex_);
    taken_.erase(subject);
  }
  changed_.notify_all();
}

}  // namespace dray::client
