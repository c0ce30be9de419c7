#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/answer.hpp"

namespace dray::testing {

struct StoredManifest {
  std::string digest;  ///< What it is stored under, which a test may have made wrong.
  std::string media_type;
  SharedBytes bytes;
};

/// How far an upload is.
struct UploadPosition {
  std::string repository;
  std::uint64_t size = 0;
  int step = 0;  ///< Changes with each request, so that an old Location is noticed.
};

/// What a registry in memory holds. A blob may be promised: known by digest, without bytes. Safe from many threads.
class RegistryState {
 public:
  void put_blob(const std::string& repository, const std::string& digest, SharedBytes bytes);
  /// Makes a blob of one repository part of another; false when it is not there.
  bool mount_blob(const std::string& repository, const std::string& digest, const std::string& from);
  [[nodiscard]] bool has_blob(const std::string& repository, const std::string& digest) const;
  /// Nothing for an unknown and for a promised blob.
  [[nodiscard]] SharedBytes blob_bytes(const std::string& digest) const;
  /// Other bytes under the same name, everywhere.
  void replace_blob(const std::string& digest, SharedBytes bytes);
  bool remove_blob(const std::string& repository, const std::string& digest);

  void put_manifest(const std::string& repository, StoredManifest manifest);
  void set_tag(const std::string& repository, const std::string& tag, const std::string& digest);
  /// By tag or by digest.
  [[nodiscard]] std::optional<StoredManifest> manifest(const std::string& repository,
                                                       const std::string& reference) const;
  /// Removes a manifest by digest, with the tags that point at it, or a tag alone.
  bool remove_manifest(const std::string& repository, const std::string& reference);
  [[nodiscard]] bool has_repository(const std::string& repository) const;
  [[nodiscard]] std::vector<std::string> tags(const std::string& repository) const;
  [[nodiscard]] std::vector<std::string> repositories() const;

  [[nodiscard]] std::string begin_upload(const std::string& repository);
  [[nodiscard]] std::optional<UploadPosition> upload(const std::string& id) const;
  /// Adds bytes and moves to the next step.
  UploadPosition append_upload(const std::string& id, std::string_view bytes);
  /// Ends the upload and hands its bytes over.
  std::string take_upload(const std::string& id);
  [[nodiscard]] std::size_t open_uploads() const;

 private:
  struct Repository {
    std::set<std::string> blobs;
    std::map<std::string, StoredManifest> manifests;
    std::map<std::string, std::string> tags;
  };
  struct Upload {
    std::string repository;
    std::string bytes;
    int step = 0;
    [[nodiscard]] UploadPosition position() const { return {repository, bytes.size(), step}; }
  };
  mutable std::mutex mutex_;
  std::map<std::string, Repository> repositories_;
  std::map<std::string, SharedBytes> blobs_;
  std::map<std::string, Upload> uploads_;
  int next_upload_ = 0;
};

}  // namespace dray::testing
