#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <dray/core/digest.hpp>
#include <dray/http/url.hpp>
#include <map>
#include <optional>

namespace dray::client {

/// Remembers where the registry's redirect of a blob led, so that further ranges go there at once.
/// Safe from many threads.
class BlobLinks {
 public:
  explicit BlobLinks(Clock& clock) : clock_(clock) {}

  /// nullopt where none is known, or where it is about to expire.
  [[nodiscard]] std::optional<http::Url> find(const Digest& blob);
  void remember(const Digest& blob, http::Url url);
  /// Forgets the link if it is still this one.
  void forget(const Digest& blob, const http::Url& url);

 private:
  Clock& clock_;
  Guarded<std::map<Digest, http::Url>> links_;
};

}  // namespace dray::client
