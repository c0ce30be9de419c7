#pragma once

#include <dray/base/file.hpp>
#include <dray/store/content.hpp>

// What only some places can do: small interfaces beside ContentSource and ContentSink, asked for with
// `dynamic_cast` at run time.

namespace dray {

/// Where a source stands among the registries, for mounts and for messages.
struct RepositoryOrigin {
  std::string registry;
  std::string repository;
  friend bool operator==(const RepositoryOrigin&, const RepositoryOrigin&) = default;
};

/// A source or sink that is a repository of a registry.
class HasOrigin {
 public:
  virtual ~HasOrigin() = default;
  [[nodiscard]] virtual RepositoryOrigin origin() const = 0;
};

/// A sink that can take a blob from a sister repository without the bytes.
class MountsBlobs {
 public:
  virtual ~MountsBlobs() = default;
  /// True when the blob is there now; false when its bytes must be sent. Never across registries.
  [[nodiscard]] virtual Result<bool> mount_blob(const Descriptor& blob, const RepositoryOrigin& from,
                                                const std::stop_token& stop) = 0;
};

/// A source that can fetch a blob from one of its descriptor's `urls`, without credentials and under the
/// rules for private addresses.
class OpensUrls {
 public:
  virtual ~OpensUrls() = default;
  [[nodiscard]] virtual Result<OpenedBlob> open_url(const Descriptor& blob, const std::string& url,
                                                    const std::optional<ByteRange>& range,
                                                    const std::stop_token& stop) = 0;
};

/// A place that can tell which manifests point at another one by their `subject`.
class ListsReferrers {
 public:
  virtual ~ListsReferrers() = default;
  /// Descriptors of the manifests whose subject is `subject`, with the artifact type and the annotations that the place
  /// gives; those of `artifact_type` alone where it is given. Each digest once, at most `max_referrers`. None is no
  /// error, also where the subject is not there. The list is the place's word: whoever fetches a manifest of it looks
  /// at the subject (`referral_of`, store/referrers.hpp) before it counts as a referrer.
  /// Errors: `limit_exceeded`; `protocol` or `invalid_input` for a list that cannot be read.
  [[nodiscard]] virtual Result<std::vector<Descriptor>> list_referrers(const Digest& subject,
                                                                       const std::optional<MediaType>& artifact_type,
                                                                       const std::stop_token& stop) = 0;
};

/// A place that can tell at once what all its tags point at.
class ListsTagDigests {
 public:
  virtual ~ListsTagDigests() = default;
  /// Every tag of `list_tags` that points at one manifest, with that manifest's digest.
  [[nodiscard]] virtual Result<std::vector<std::pair<std::string, Digest>>> list_tag_digests(
      const std::stop_token& stop) = 0;
};

/// A source whose blobs are files of their own.
class HoldsFiles {
 public:
  virtual ~HoldsFiles() = default;
  /// The file that holds the blob and nothing else; it has the blob's size, its bytes are not verified. nullopt when
  /// there is none: the blob is then asked for by `open_blob`.
  [[nodiscard]] virtual std::optional<FileDescriptor> blob_file(const Descriptor& blob,
                                                                const std::stop_token& stop) = 0;
};

/// One blob on its way into a place, written at any offset by several threads.
/// Destroyed before `commit`, its bytes stay for the next one who begins the same blob (until the place is
/// cleaned); a broken digest throws them away.
class PositionedWriter {
 public:
  virtual ~PositionedWriter() = default;
  /// What is not on disk yet, in order. Right after `begin` it tells what an earlier process left.
  [[nodiscard]] virtual std::vector<ByteRange> missing() const = 0;
  /// True when `begin` found bytes of an earlier try.
  [[nodiscard]] virtual bool resumed() const noexcept = 0;
  /// Takes all of `bytes`, to stand at `offset`. Safe from many threads for ranges that do not overlap.
  [[nodiscard]] virtual Result<void> write(std::uint64_t offset, ByteView bytes) = 0;
  /// Takes the whole blob from a file at once, by sharing its blocks; called before any write. False where the file
  /// systems cannot, or where bytes of the blob are there already.
  [[nodiscard]] virtual Result<bool> clone(const FileDescriptor& /*file*/) { return false; }
  /// Publishes the blob: all bytes there, digest right, synced, renamed. `digest_mismatch` removes the bytes.
  [[nodiscard]] virtual Result<void> commit(const std::stop_token& stop) = 0;
};

/// A sink on disk that takes a blob in pieces.
class WritesPositioned {
 public:
  virtual ~WritesPositioned() = default;
  /// Begins or goes on with a blob; one writer for each digest, over all processes: a second one waits for the
  /// first until `stop`. nullptr when the blob turned out to be there (the other one finished it).
  [[nodiscard]] virtual Result<std::unique_ptr<PositionedWriter>> begin_blob(const Descriptor& blob,
                                                                             const std::stop_token& stop) = 0;
};

/// A sink whose bytes have an order: told beforehand which blobs come, it holds them in that one, however they arrive.
class LaysOutBlobs {
 public:
  virtual ~LaysOutBlobs() = default;
  [[nodiscard]] virtual Result<void> lay_out(const std::vector<Descriptor>& blobs, const std::stop_token& stop) = 0;
};

/// A sink that knows how many bytes it may still take.
class HasFreeSpace {
 public:
  virtual ~HasFreeSpace() = default;
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() = 0;
  /// What an unfinished try of this blob has set aside already; no part of `free_bytes`.
  [[nodiscard]] virtual Result<std::uint64_t> set_aside_bytes(const Descriptor& /*blob*/) { return std::uint64_t{0}; }
};

}  // namespace dray
