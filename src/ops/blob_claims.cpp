#include "blob_claims.hpp"

#include <algorithm>
#include <utility>

namespace dray::ops {

BlobClaims::Answer BlobClaims::claim(const Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = states_.try_emplace(digest, State::claimed);
  if (is_new) return Answer::yours;
  return at->second == State::there ? Answer::there : Answer::others;
}

void BlobClaims::settle(const Digest& digest, bool there) {
  {
    const std::lock_guard lock(mutex_);
    if (there) {
      states_.insert_or_assign(digest, State::there);
    } else {
      states_.erase(digest);
    }
  }
  changed_.notify_all();
}

bool BlobClaims::wait(const Digest& digest, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] {
    const auto at = states_.find(digest);
    return at == states_.end() || at->second != State::claimed;
  });
}

namespace {

/// Claims of one copy: what it has not brought when it ends is given up.
class Held {
 public:
  explicit Held(BlobClaims& claims) : claims_(claims) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    for (const auto& blob : mine_) claims_.settle(blob.digest, false);
  }

  /// Takes what is nobody's; returns what somebody else is about to bring.
  std::vector<Descriptor> take(const std::vector<Descriptor>& blobs) {
    std::vector<Descriptor> others;
    for (const auto& blob : blobs) {
      const auto answer = claims_.claim(blob.digest);
      if (answer == BlobClaims::Answer::yours) mine_.push_back(blob);
      if (answer == BlobClaims::Answer::others) others.push_back(blob);
    }
    return others;
  }
  [[nodiscard]] const std::vector<Descriptor>& mine() const noexcept { return mine_; }
  /// All of mine came to this; what was left out may be claimed again, by a copy that is to find so itself.
  void settle(const std::vector<PlannedBlob>& brought) {
    for (const auto& planned : brought) {
      claims_.settle(planned.blob.digest, planned.from != PlannedBlob::From::left);
    }
    mine_.clear();
  }

 private:
  BlobClaims& claims_;
  std::vector<Descriptor> mine_;
};

/// What each blob of the graph came to, in the graph's order; those that nobody here brought are there.
std::vector<PlannedBlob> in_order(const std::vector<Descriptor>& blobs, const std::map<Digest, PlannedBlob>& brought) {
  std::vector<PlannedBlob> all;
  all.reserve(blobs.size());
  for (const auto& blob : blobs) {
    const auto at = brought.find(blob.digest);
    all.push_back(at == brought.end() ? PlannedBlob{blob, PlannedBlob::From::present} : at->second);
  }
  return all;
}

}  // namespace

Result<Brought> bring_claimed(ContentSource& source, const Graph& graph, ContentSink& sink, BlobClaims& claims,
                              const CopyOptions& options, const std::stop_token& stop) {
  Brought sums;
  std::map<Digest, PlannedBlob> brought;
  auto left = graph.blobs;
  while (!left.empty()) {
    Held held(claims);
    left = held.take(left);
    if (!held.mine().empty()) {
      DRAY_TRY_ASSIGN(const auto part, bring(source, held.mine(), sink, options, stop));
      for (const auto& blob : part.blobs) brought.emplace(blob.blob.digest, blob);
      sums.bytes_planned += part.bytes_planned;
      sums.bytes_transferred += part.bytes_transferred;
      held.settle(part.blobs);
    } else if (!left.empty() && !claims.wait(left.front().digest, stop)) {
      // Nobody waits with a claim of their own: two copies that wait for each other would wait for ever.
      return Error(ErrorCode::cancelled, "stopped before all was done");
    }
  }
  sums.blobs = in_order(graph.blobs, brought);
  if (!options.dry_run) {
    DRAY_TRY(put_children(graph, sink, options, stop));
  }
  return sums;
}

}  // namespace dray::ops
