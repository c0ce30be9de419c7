#pragma once

#include <cstdint>
#include <dray/client/observer.hpp>
#include <dray/client/registry_client.hpp>
#include <dray/client/repository.hpp>
#include <memory>
#include <string>
#include <vector>

namespace dray::client {

/// What a mirror is asked for. Blobs are asked of every mirror: their digest speaks for them.
enum class MirrorUse : std::uint8_t {
  all,
  digests,  ///< Manifests by digest, not by tag: its tags may be stale.
  tags,     ///< Manifests by tag; by digest only those of an image whose tag it answered.
};

/// A repository that holds the same content as another.
struct MirrorPlace {
  RepositoryName name;
  MirrorUse use = MirrorUse::all;
};

/// Where a repository's content is found.
struct Places {
  RepositoryName original;  ///< The repository itself, where its name leads: what is written goes here alone.
  std::vector<MirrorPlace> mirrors = {};
  std::string origin = {};  ///< Which entry of which file said so, for people; empty: none did.
};

/// Decides where a repository's content is found. Safe from many threads.
class MirrorPolicy {
 public:
  virtual ~MirrorPolicy() = default;
  /// `denied` where the settings block the repository; other errors are those of the settings.
  [[nodiscard]] virtual Result<Places> places(const RepositoryName& name) = 0;
};

/// A mirror as it is read from.
struct MirrorSource {
  std::shared_ptr<ContentSource> source;
  MirrorUse use = MirrorUse::all;
};

/// A source that can tell who gave the manifest it read last.
class NamesAnswerer {
 public:
  virtual ~NamesAnswerer() = default;
  /// `describe()` of the mirror or of the original; empty before the first answer.
  [[nodiscard]] virtual std::string answered_by() const = 0;
};

/// Reads from mirrors in their order and from `original` last. A mirror that has not what is asked for, cannot be
/// reached, is too slow or does not let us in is passed over with a note, and but for `not_found` not asked again. What
/// fails at its digest is an error: nobody is asked in its place. Who answered for a manifest when others had failed is
/// asked first from then on. Tags and referrers are listed by `original` alone: a mirror may hold only some.
/// `observer` is told of each decision and outlives the source.
[[nodiscard]] std::shared_ptr<ContentSource> make_mirrored(std::shared_ptr<ContentSource> original,
                                                           std::vector<MirrorSource> mirrors, Observer& observer);

/// The repository to read from, with the mirrors that the client's policy has for it.
[[nodiscard]] Result<std::shared_ptr<ContentSource>> open_mirrored(const std::shared_ptr<RegistryClient>& client,
                                                                   const RepositoryName& name);
/// The repository itself, where the client's policy says that it is: to write to, and for the protocol's own verbs.
[[nodiscard]] Result<std::shared_ptr<Repository>> open_repository(const std::shared_ptr<RegistryClient>& client,
                                                                  const RepositoryName& name);

}  // namespace dray::client
