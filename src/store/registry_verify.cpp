#include <algorithm>
#include <dray/core/digester.hpp>
#include <dray/format/manifest.hpp>
#include <map>
#include <unordered_map>

#include "manifest_parts.hpp"
#include "registry_local.hpp"
#include "registry_walk.hpp"

namespace dray {
namespace {

using registry_paths::blob_data_path;
using registry_paths::inside;
using registry_paths::layer_link_path;
using registry_paths::revision_link_path;
using registry_paths::tag_link_path;

constexpr std::size_t hash_buffer_bytes = 1UL * 1024 * 1024;

Error stopped() { return {ErrorCode::cancelled, "the verification was stopped"}; }

}  // namespace

/// One run of the verification. Each blob is read once, however many name it.
class RegistryVerification {
 public:
  RegistryVerification(LocalRegistry& registry, bool quarantine, std::stop_token stop)
      : registry_(registry), core_(*registry.core_), quarantine_(quarantine), stop_(std::move(stop)) {}

  Result<VerifyRegistryReport> run() {
    DRAY_TRY_ASSIGN(const auto repositories, walk_repositories(core_.tree.root(), &report_.strange));
    report_.repositories = repositories.size();
    for (const auto& repository : repositories) {
      DRAY_TRY(look_at_revisions(repository));
      DRAY_TRY(look_at_tags(repository));
      DRAY_TRY(look_at_other_links(repository));
    }
    DRAY_TRY(look_for_strangers());
    return std::move(report_);
  }

 private:
  struct Checked {
    enum class State : std::uint8_t { good, missing, damaged } state = State::missing;
    std::uint64_t size = 0;
  };

  void complain(const std::string& repository, std::string what) {
    report_.damage.push_back({.repository = repository, .what = std::move(what)});
  }

  [[nodiscard]] Result<bool> is_revision(const std::string& repository, const Digest& digest) const {
    return core_.tree.has_link(revision_link_path(repository, digest), digest);
  }

  Result<void> look_at_revisions(const std::string& repository) {
    DRAY_TRY_ASSIGN(const auto digests,
                    walk_links(core_.tree.root(), inside(repository, "_manifests/revisions"), &report_.strange));
    for (const auto& digest : digests) {
      DRAY_TRY_ASSIGN(const bool linked, is_revision(repository, digest));
      if (!linked) {
        DRAY_TRY(complain_of_link(repository, revision_link_path(repository, digest), "manifest " + digest.text()));
        continue;
      }
      ++report_.manifests;
      DRAY_TRY_ASSIGN(const auto checked, check(digest));
      if (checked.state == Checked::State::missing) {
        DRAY_TRY_ASSIGN(const bool still, is_revision(repository, digest));
        if (still) complain(repository, "the manifest " + digest.text() + " is missing");
      } else if (checked.state == Checked::State::good) {
        DRAY_TRY(look_at_manifest(repository, digest));
      }
    }
    return {};
  }

  /// A link file that is there and does not hold what its path says; an absent one is no damage.
  Result<void> complain_of_link(const std::string& repository, const std::string& path, const std::string& of) {
    DRAY_TRY_ASSIGN(const bool there, core_.tree.root().exists(path));
    if (there) complain(repository, "the link to the " + of + " is damaged");
    return {};
  }

  Result<void> look_at_manifest(const std::string& repository, const Digest& digest) {
    const auto bytes = read_manifest_bytes(core_.tree.root(), digest);
    const auto manifest = bytes ? parse_manifest(*bytes, "") : Result<AnyManifest>(bytes.error());
    if (!manifest) {
      complain(repository, "the manifest " + digest.text() + " cannot be read: " + manifest.error().message());
      return {};
    }
    for (const auto& blob : blobs_of(*manifest)) DRAY_TRY(look_at_blob(repository, digest, blob));
    return {};
  }

  Result<void> look_at_blob(const std::string& repository, const Digest& manifest, const NamedBlob& blob) {
    const auto where = "; " + blob.what + " of the manifest " + manifest.text();
    DRAY_TRY_ASSIGN(const bool linked, core_.tree.has_link(layer_link_path(repository, blob.digest), blob.digest));
    named_.insert(blob.digest);
    DRAY_TRY_ASSIGN(const auto checked, check(blob.digest));
    const bool missing = checked.state == Checked::State::missing;
    if (blob.foreign && (missing || !linked)) return {};
    if (missing || !linked) {
      // A registry that runs may have removed the manifest, and with it the blob, in between.
      DRAY_TRY_ASSIGN(const bool still, is_revision(repository, manifest));
      if (!still) return {};
    }
    if (missing) {
      complain(repository, "the blob " + blob.digest.text() + " is missing" + where);
    } else if (!linked) {
      complain(repository, "the blob " + blob.digest.text() + " has no link in the repository" + where);
    } else if (checked.state == Checked::State::good && blob.size && *blob.size != checked.size) {
      complain(repository, "the blob " + blob.digest.text() + " has " + std::to_string(checked.size) +
                               " bytes and not " + std::to_string(*blob.size) + where);
    }
    return {};
  }

  Result<void> look_at_tags(const std::string& repository) {
    const auto& root = core_.tree.root();
    DRAY_TRY_ASSIGN(const auto tags, walk_tags(root, repository, &report_.strange));
    for (const auto& tag : tags) {
      const auto path = tag_link_path(repository, tag);
      DRAY_TRY_ASSIGN(const auto digest, core_.tree.read_link(path));
      if (!digest) {
        DRAY_TRY(complain_of_link(repository, path, "tag " + tag));
        continue;
      }
      ++report_.tags;
      DRAY_TRY_ASSIGN(const bool there, is_revision(repository, *digest));
      DRAY_TRY_ASSIGN(const bool still, core_.tree.has_link(path, *digest));
      if (!there && still)
        complain(repository,
                 "the tag " + tag + " points at the manifest " + digest->text() + ", which is not in the repository");
    }
    return {};
  }

  /// Blobs that no manifest names but the repository gives out all the same.
  Result<void> look_at_other_links(const std::string& repository) {
    DRAY_TRY_ASSIGN(const auto links, walk_links(core_.tree.root(), inside(repository, "_layers"), &report_.strange));
    for (const auto& digest : links) {
      if (!named_.contains(digest)) DRAY_TRY(check(digest));
    }
    named_.clear();
    return {};
  }

  Result<Checked> check(const Digest& digest) {
    if (const auto known = checked_.find(digest); known != checked_.end()) return known->second;
    DRAY_TRY_ASSIGN(const auto checked, read(digest));
    checked_.emplace(digest, checked);
    if (checked.state != Checked::State::missing) {
      ++report_.blobs;
      report_.bytes += checked.size;
    }
    return checked;
  }

  Result<Checked> read(const Digest& digest) {
    auto opened = core_.tree.root().open_file_with_status(blob_data_path(digest));
    if (!opened && opened.error().code() == ErrorCode::not_found) return Checked();
    if (!opened && opened.error().code() != ErrorCode::invalid_input) return opened.error();
    if (!opened) {
      complain({}, "the blob " + digest.text() + " cannot be read: " + opened.error().message());
      return Checked{.state = Checked::State::damaged};
    }
    DRAY_TRY_ASSIGN(const auto actual, hash(opened->file, digest.algorithm()));
    const auto size = opened->status.size;
    if (actual == digest) return Checked{.state = Checked::State::good, .size = size};
    const bool moved = quarantine_ && set_aside(digest, opened->status.inode);
    report_.damage.push_back({.repository = {},
                              .what = "the blob " + digest.text() + " is damaged: its bytes are " + actual.text(),
                              .quarantined = moved});
    return Checked{.state = Checked::State::damaged, .size = size};
  }

  Result<Digest> hash(const FileDescriptor& file, DigestAlgorithm algorithm) {
    Digester digester(algorithm);
    buffer_.resize(hash_buffer_bytes);
    for (std::uint64_t at = 0;;) {
      if (stop_.stop_requested()) return stopped();
      DRAY_TRY_ASSIGN(const auto count, read_at(file, at, buffer_));
      if (count == 0) return digester.finish();
      digester.update(ByteView(buffer_).first(count));
      at += count;
    }
  }

  /// False when it could not be moved, or was replaced meanwhile by a push.
  bool set_aside(const Digest& digest, std::uint64_t inode) {
    const auto path = blob_data_path(digest);
    const std::string folder(registry_paths::quarantine);
    const auto step = core_.gate.step();
    registry_.manifests_.erase(digest);
    const auto now = core_.tree.root().status(path);
    if (!now || now->inode != inode || !core_.tree.ensure_folder(folder)) return false;
    if (!core_.tree.root().move(path, folder + "/" + digest.text())) return false;
    return core_.tree.root().sync_inside(registry_paths::parent(path)).has_value();
  }

  Result<void> look_for_strangers() {
    const auto& root = core_.tree.root();
    DRAY_TRY_ASSIGN(const auto with_uploads, walk_names_with_uploads(root));
    for (const auto& name : with_uploads) DRAY_TRY(walk_uploads(root, name, &report_.strange));
    DRAY_TRY_ASSIGN(const auto blobs, walk_blobs(root, &report_.strange));
    for (const auto& digest : blobs) {
      if (stop_.stop_requested()) return stopped();
      note_strangers(root, registry_paths::parent(blob_data_path(digest)), {"data"}, report_.strange);
    }
    note_strangers(root, "docker/registry/v2", {"blobs", "repositories"}, report_.strange);
    note_strangers(root, "_dray", {"tmp", "trash", "quarantine", "lock", "uploads"}, report_.strange);
    note_strange_files_of_ours(root, report_.strange);
    std::sort(report_.strange.begin(), report_.strange.end());
    return {};
  }

  LocalRegistry& registry_;
  RegistryCore& core_;
  const bool quarantine_;
  const std::stop_token stop_;
  std::unordered_map<Digest, Checked> checked_;
  std::set<Digest> named_;  // by the manifests of the repository that is looked at
  std::vector<std::byte> buffer_;
  VerifyRegistryReport report_;
};

Result<VerifyRegistryReport> LocalRegistry::verify(bool quarantine, const std::stop_token& stop) {
  if (quarantine) DRAY_TRY(core_->check_writable());
  return RegistryVerification(*this, quarantine, stop).run();
}

}  // namespace dray
