#pragma once

#include <cstddef>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/core/platform.hpp>
#include <dray/ops/observer.hpp>
#include <dray/ops/unpack_limits.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

struct UnpackOptions {
  std::optional<Platform> platform;  ///< Of an index; nullopt: the host's.
  /// Everything belongs to whoever unpacks, and device nodes are left out; so it is for all but root.
  bool rootless = false;
  std::size_t jobs = 0;                ///< As `CopyOptions`.
  std::size_t connections = 0;         ///< As `CopyOptions`.
  std::shared_ptr<Observer> observer;  ///< May be null.
  Clock* clock = nullptr;              ///< Null: the system's.
  Random* random = nullptr;
};

/// Something that did not come into the tree.
struct LeftOutEntry {
  std::string path;
  std::string what;
};

struct UnpackReport {
  Descriptor image;
  std::optional<Platform> platform;
  std::vector<Descriptor> layers;       ///< The base first.
  std::uint64_t entries = 0;            ///< Of all layers, whiteouts too.
  std::uint64_t file_bytes = 0;         ///< Of all files of all layers.
  std::uint64_t bytes_transferred = 0;  ///< From a registry.
  std::uint64_t left_out_count = 0;
  std::vector<LeftOutEntry> left_out = {};  ///< The first `max_left_out_told` of them.
};

/// Makes the folder that the image's layers are, laid over one another: their files with modes, times, links, and as
/// root with owners and devices; file capabilities, users' xattrs and access lists (docs/unpack.md). `folder` must be
/// absent or empty. The tree grows in `.NAME.dray-unpack` beside it and takes its name at the end, when every digest
/// and diff ID held; set-id bits, devices and xattrs are given to a layer's files when the layer was verified. Nothing
/// outside of the tree is read, written or changed, whatever the layers hold and whoever changes the tree meanwhile.
/// Layers of a registry come in parallel into that folder too, and stay there when the unpacking is cut or killed, for
/// the next one to go on. Errors: `conflict` where the folder holds something, or is being unpacked into;
/// `digest_mismatch` for another digest or diff ID; `invalid_input` for a layer that is malformed or climbs; the
/// source's and the system's.
[[nodiscard]] Result<UnpackReport> unpack(ContentSource& source, const ManifestName& name,
                                          const std::filesystem::path& folder, const UnpackOptions& options,
                                          const std::stop_token& stop);

}  // namespace dray::ops
