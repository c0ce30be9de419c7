#pragma once

#include <dray/base/bytes.hpp>
#include <dray/base/stream.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/digest.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace dray {

/// What a manifest is asked for by inside one place: a tag, or its digest.
using ManifestName = std::variant<std::string, Digest>;
[[nodiscard]] std::string text(const ManifestName& name);

/// A manifest or index as its place keeps it: the bytes are never written anew, so the digest stays true.
struct RawManifest {
  Descriptor descriptor;  ///< Media type, digest and size of `bytes`.
  std::string bytes;
};

/// Bytes of a blob from `begin` on. `begin` lies before what was asked for where the place cannot skip.
struct OpenedBlob {
  std::unique_ptr<ByteSource> bytes;
  std::uint64_t begin = 0;
};

/// Where content comes from: one repository on a registry, a layout, an archive, memory.
/// Safe from many threads. `stop` ends a wait for the network, also in the sources handed out.
class ContentSource {
 public:
  virtual ~ContentSource() = default;

  /// For people: `registry.example/repo`, `oci:DIR`. Never holds a secret.
  [[nodiscard]] virtual std::string describe() const = 0;

  /// Which manifest a name stands for, without its bytes where the place can tell so. `not_found`.
  [[nodiscard]] virtual Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) = 0;

  /// The manifest's bytes, at most `max_manifest_bytes`. By digest they are verified; by tag the digest is
  /// taken over them.
  [[nodiscard]] virtual Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) = 0;

  /// The bytes of a blob, all or those of `range`, not verified: wrap them in `verify` (store/verify.hpp).
  /// `not_found` when the place does not hold it.
  [[nodiscard]] virtual Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                                     const std::stop_token& stop) = 0;

  /// Every tag, in the order of the place; at most `max_list_entries`.
  [[nodiscard]] virtual Result<std::vector<std::string>> list_tags(const std::stop_token& stop) = 0;
};

/// Opens a blob's bytes, from the first; a sink may call it again to repeat a broken try.
using BlobOpener = std::function<Result<std::unique_ptr<ByteSource>>()>;

/// Where content goes. Safe from many threads, for different blobs.
class ContentSink {
 public:
  virtual ~ContentSink() = default;
  [[nodiscard]] virtual std::string describe() const = 0;

  [[nodiscard]] virtual Result<bool> has_blob(const Descriptor& blob, const std::stop_token& stop) = 0;
  /// Stores a blob under `expected`. The sink pulls, because an upload must be able to begin anew. Size and
  /// digest are checked while the bytes pass; nothing is visible before both held and the bytes are synced.
  /// Errors of the opener are given back as they are; `digest_mismatch`, `no_space`, ….
  [[nodiscard]] virtual Result<void> put_blob(const Descriptor& expected, const BlobOpener& open,
                                              const std::stop_token& stop) = 0;

  [[nodiscard]] virtual Result<bool> has_manifest(const Digest& digest, const std::stop_token& stop) = 0;
  /// Stores a manifest under its digest; what it names must be there already.
  [[nodiscard]] virtual Result<void> put_manifest(const RawManifest& manifest, const std::stop_token& stop) = 0;
  /// Stores it and lets `tag` point at it; the last step of a copy.
  [[nodiscard]] virtual Result<void> set_tag(const std::string& tag, const RawManifest& manifest,
                                             const std::stop_token& stop) = 0;

  /// Takes a tag away and leaves what it pointed at. `not_found`; `unsupported` where the place cannot.
  [[nodiscard]] virtual Result<void> remove_tag(const std::string& tag, const std::stop_token& stop) = 0;
  /// Removes a manifest and with it every tag that points at it.
  [[nodiscard]] virtual Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) = 0;
  [[nodiscard]] virtual Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) = 0;

  /// Says that nothing more comes; an archive writes its end here.
  [[nodiscard]] virtual Result<void> finish(const std::stop_token& stop) = 0;
};

/// Both: a repository on a registry, an OCI layout, memory.
class ContentStore : public ContentSource, public ContentSink {
 public:
  [[nodiscard]] std::string describe() const override = 0;
};

}  // namespace dray
