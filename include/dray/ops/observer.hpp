#pragma once

#include <cstdint>
#include <dray/core/descriptor.hpp>
#include <string>

namespace dray::ops {

/// Is told how an operation goes on; for progress bars and `--trace`. Called from many threads, with no lock
/// held; must not block. `Progress` comes at most a few times a second for each blob.
class Observer {
 public:
  virtual ~Observer() = default;

  struct Planned {
    std::uint64_t blobs = 0;  ///< to be transferred
    std::uint64_t bytes = 0;
    std::uint64_t present_blobs = 0;  ///< already at the destination
    std::uint64_t present_bytes = 0;
  };
  struct Started {
    Descriptor blob;
    std::uint64_t resumed_bytes = 0;  ///< left by an earlier process
  };
  struct Progress {
    Digest digest;
    std::uint64_t done = 0;  ///< resumed bytes included
    std::uint64_t size = 0;
  };
  enum class How : std::uint8_t { transferred, mounted, present, skipped };
  struct Finished {
    Descriptor blob;
    How how = How::transferred;
  };
  /// Why something was chosen: a platform, a source, more connections.
  struct Decided {
    std::string text;
  };

  virtual void on(const Planned&) {}
  virtual void on(const Started&) {}
  virtual void on(const Progress&) {}
  virtual void on(const Finished&) {}
  virtual void on(const Decided&) {}
};

}  // namespace dray::ops
