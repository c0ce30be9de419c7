#pragma once

#include <dray/base/clock.hpp>
#include <dray/core/platform.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/content.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// What becomes of foreign layers: those whose media type says that they are not to be distributed, and that name
/// `urls` where their bytes are. (`urls` alone make no layer foreign, and one without `urls` is nowhere else: both are
/// copied as any other.) Manifests and digests are the same whatever is chosen, and one that the destination has stays
/// there.
enum class ForeignLayers : std::uint8_t {
  include,  ///< Copied as any other: mounted, or taken from the source, or where it lacks them from their `urls`.
  keep,     ///< Copied where the source holds them; the others stay where their `urls` lead, which nobody asks.
  skip,     ///< Left where their `urls` lead.
};

struct CopyOptions {
  /// Empty: all of an index. One platform: its image alone, as a single manifest. Several: a new index of them.
  std::vector<Platform> platforms;
  /// With platforms: the index stays as it is, digest and all, and the images that were not chosen are left out of it.
  bool sparse = false;
  ForeignLayers foreign = ForeignLayers::include;
  /// What refers to a manifest that is copied (what refers to that, and so on), and what cosign keeps about it under
  /// tags, goes along. Whoever sees the tag at the destination sees them too.
  bool referrers = false;
  /// Blobs at once; 0: `max_blobs_per_host`, and more small ones where the line is slow to answer.
  std::size_t jobs = 0;
  std::size_t connections = 0;  ///< Connections over all blobs; 0: `max_connections`.
  bool dry_run = false;
  /// What must come to stand at the destination; another digest is refused before anything is written.
  std::optional<Digest> expected;
  std::shared_ptr<Observer> observer;  ///< May be null.
  Clock* clock = nullptr;              ///< Null: the system's.
  Random* random = nullptr;
};

/// What one blob needs.
struct PlannedBlob {
  enum class From : std::uint8_t {
    present,
    mount,
    source,
    urls,
    left,  ///< A foreign layer that is not copied: see `ForeignLayers`.
  };
  Descriptor blob;
  From from = From::source;
};

/// What went along with an image; in a dry run, would. Its blobs, bytes and manifests are counted with the image's.
struct ReferrersSums {
  std::uint64_t copied = 0;          ///< Referrers.
  std::uint64_t tags = 0;            ///< cosign's.
  std::uint64_t present = 0;         ///< Of both, at the destination already.
  std::vector<Digest> missing = {};  ///< Listed by the source as referrers, but not there, or none.
};

struct CopyReport {
  Descriptor copied;                    ///< What stands at the destination now.
  Descriptor resolved;                  ///< What the name stood for at the source; differs when platforms were chosen.
  std::vector<PlannedBlob> blobs;       ///< Each digest once, in order of first use.
  std::uint64_t bytes_planned = 0;      ///< that had to move when the copy began
  std::uint64_t bytes_transferred = 0;  ///< that did move, repeats included; 0 in a dry run
  std::uint64_t manifests = 0;
  std::vector<std::string> reasons = {};  ///< Why `copied` is not `resolved`; empty while they are one.
  ReferrersSums referrers = {};           ///< Zeros unless they were asked for.
};

/// Opens the destination; asked once.
using SinkOpener = std::function<Result<std::shared_ptr<ContentSink>>()>;

/// Copies what `name` stands for, with everything below it, from `source` to `sink`; digests are kept. Blobs
/// that the sink has are left out; those of a sister repository are mounted; the others move in parallel, large
/// ones in parallel ranges, and go on where a cut stopped them. Manifests follow their blobs, children before
/// their index, the tag last. No `tag`: the manifest is stored under its digest alone.
/// A sink without room for the plan is refused before the first byte (`no_space`).
[[nodiscard]] Result<CopyReport> copy(ContentSource& source, const ManifestName& name, ContentSink& sink,
                                      const std::optional<std::string>& tag, const CopyOptions& options,
                                      const std::stop_token& stop);
/// The same; the destination is opened when the source's manifests have been read, so that a name that stands for
/// nothing leaves nothing made.
[[nodiscard]] Result<CopyReport> copy(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                                      const std::optional<std::string>& tag, const CopyOptions& options,
                                      const std::stop_token& stop);

}  // namespace dray::ops
