#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <stop_token>
#include <string>

namespace dray::server {

/// Where a pull-through registry gets what it does not have: a repository's name becomes a source. The server knows no
/// client; whoever wires it does. Safe from many threads.
class UpstreamProvider {
 public:
  virtual ~UpstreamProvider() = default;
  /// The source behind a repository of ours; `not_found` when no upstream is set for it. Only names that were
  /// configured lead anywhere: no host is ever taken from a request.
  [[nodiscard]] virtual Result<std::shared_ptr<ContentSource>> source(const std::string& repository) = 0;
  /// The size of a blob there, without its bytes. `not_found`.
  [[nodiscard]] virtual Result<std::uint64_t> blob_size(const std::string& repository, const Digest& digest,
                                                        const std::stop_token& stop) = 0;
};

}  // namespace dray::server
