#pragma once

#include <dray/base/stream.hpp>
#include <dray/core/media_type.hpp>
#include <dray/core/platform.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/content.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// A tar that becomes a layer; one of `open` and `write` is set, and called once.
struct NewLayer {
  std::string path;  ///< for messages and the history
  BlobOpener open;   ///< Reads it: plain, gzip or zstd.
  /// Writes it, plain and without finishing the sink: such as `pack` does.
  std::function<Result<void>(ByteSink& tar, const std::stop_token& stop)> write = {};
  std::string destination = {};  ///< Where in the image it lands, for the history: `/usr/local`; empty: the root.
};

struct AppendOptions {
  std::optional<Platform> platform;     ///< Needed for a new image; must agree with the base's otherwise.
  std::optional<std::string> created;   ///< RFC 3339; unset: 1970-01-01T00:00:00Z, so that bytes repeat.
  std::vector<std::string> entrypoint;  ///< Empty: as the base has it.
  std::vector<std::string> cmd;
  std::vector<std::string> env;  ///< Added; an old variable of that name is replaced.
  std::string working_dir;
  std::string user;
  std::vector<std::pair<std::string, std::string>> labels;
  bool docker_types = false;                    ///< Docker v2.2 for a new image; a base decides otherwise.
  Compression compression = Compression::gzip;  ///< For plain tars; compressed ones are kept as they are.
};

/// Puts layers on a base image (or on nothing) and stores the result, its layers, config and manifest, in `sink`
/// under `tag`. A base's blobs are copied there too. The layer's tar is checked while it passes.
[[nodiscard]] Result<Descriptor> append(ContentSource* base, const ManifestName* base_name,
                                        const std::vector<NewLayer>& layers, ContentSink& sink,
                                        const std::optional<std::string>& tag, const AppendOptions& options,
                                        const std::stop_token& stop);

/// One member of a new index.
struct IndexMember {
  ContentSource* source = nullptr;
  ManifestName name;
  std::optional<Platform> platform;  ///< Unset: the image's config says it.
};

struct IndexCreateOptions {
  bool docker_types = false;  ///< A manifest list.
  std::vector<std::pair<std::string, std::string>> annotations;
};

/// Makes an index of images (an index as member gives its members), copies them to `sink` where they are not
/// there yet, and stores it under `tag`. Two members for one platform are refused.
[[nodiscard]] Result<Descriptor> create_index(const std::vector<IndexMember>& members, ContentSink& sink,
                                              const std::optional<std::string>& tag, const IndexCreateOptions& options,
                                              const std::stop_token& stop);

}  // namespace dray::ops
