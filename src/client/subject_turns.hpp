#pragma once

#include <condition_variable>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <mutex>
#include <set>
#include <stop_token>

namespace dray::client {

/// Lets one thread at a time change the list of a subject's referrers: two who read it and write it back would lose
/// one's entry. Safe from many threads. Against other processes it does nothing.
class SubjectTurns {
 public:
  /// The right to change one list; it ends with the object.
  class Turn {
   public:
    Turn(SubjectTurns& turns, const Digest& subject) : turns_(turns), subject_(subject) {}
    ~Turn() { turns_.end(subject_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    SubjectTurns& turns_;
    Digest subject_;
  };

  /// Waits for its turn; `cancelled`. The caller makes a `Turn` of it at once.
  [[nodiscard]] Result<void> begin(const Digest& subject, const std::stop_token& stop);

 private:
  void end(const Digest& subject);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<Digest> taken_;
};

}  // namespace dray::client
