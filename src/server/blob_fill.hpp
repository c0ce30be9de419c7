#pragma once

#include <dray/server/upstream.hpp>
#include <dray/store/registry_storage.hpp>
#include <memory>
#include <string>

namespace dray::server {

/// One blob on its way from an upstream into the storage, on a thread of its own that no client's going ends. Safe from
/// many threads.
class BlobFill {
 public:
  /// Begins. The blob is stored when its digest held; a broken line is tried again from where it broke.
  [[nodiscard]] static std::shared_ptr<BlobFill> start(std::shared_ptr<RegistryStorage> storage,
                                                       std::shared_ptr<ContentSource> source, std::string repository,
                                                       const Descriptor& blob);
  virtual ~BlobFill() = default;  ///< Stops it, when nobody follows it any more.

  [[nodiscard]] virtual bool is_over() const = 0;
  virtual void stop() = 0;
};

/// The bytes of `range` as they arrive; a read waits for them. The blob's last byte is given out when the whole was
/// verified. Fails when the fill does.
[[nodiscard]] std::unique_ptr<ByteSource> follow(std::shared_ptr<BlobFill> fill, ByteRange range);

}  // namespace dray::server
