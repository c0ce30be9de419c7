#include "directory_sweep.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>

#include <set>
#include <string>
#include <vector>

#include "directory_folder.hpp"
#include "directory_names.hpp"
#include "manifest_parts.hpp"

namespace dray {
namespace {

namespace names = directory_names;

/// The hashes that the image names, itself, everything below it and its referrers included.
class Needed {
 public:
  Needed(const Directory& root, const std::vector<std::string>& files) : root_(root), files_(files) {}

  Result<std::set<std::string>> find() {
    DRAY_TRY_ASSIGN(const auto text, read_file(root_, names::root_manifest, limits::max_manifest_bytes));
    for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
      hashes_.emplace(digest_of(text, algorithm).hex());
    }
    DRAY_TRY(add_parts(text));
    bool grown = true;
    while (grown) {
      DRAY_TRY(follow());
      DRAY_TRY_ASSIGN(grown, add_referrers());
    }
    return std::move(hashes_);
  }

 private:
  Result<void> follow() {
    while (!open_.empty()) {
      const auto digest = std::move(open_.back());
      open_.pop_back();
      const auto child = read_child(root_, digest);
      if (!child && child.error().code() == ErrorCode::not_found) continue;  // left out: a sparse image
      if (!child) return child.error();
      DRAY_TRY(add_parts(*child));
    }
    return {};
  }

  Result<void> add_parts(std::string_view text) {
    DRAY_TRY_ASSIGN(const auto manifest, parse_manifest(text, {}));
    for (const auto& blob : blobs_of(manifest)) hashes_.emplace(blob.digest.hex());
    for (const auto& entry : entries_of(manifest)) add(entry);
    return {};
  }

  bool add(const Digest& manifest) {
    const bool is_new = hashes_.emplace(manifest.hex()).second;
    if (is_new) open_.push_back(manifest);
    return is_new;
  }

  /// True when there were some that nobody knew of.
  Result<bool> add_referrers() {
    bool any = false;
    for (const auto& name : files_) {
      const auto digest = names::manifest_in(name);
      if (!digest || hashes_.contains(std::string(digest->hex()))) continue;
      const auto text = read_child(root_, *digest);
      const auto manifest = text ? parse_manifest(*text, {}) : text.error();
      if (!manifest) continue;
      const auto subject = subject_of(*manifest);
      if (subject && hashes_.contains(std::string(subject->hex()))) any = add(*digest) || any;
    }
    return any;
  }

  const Directory& root_;
  const std::vector<std::string>& files_;
  std::set<std::string> hashes_;
  std::vector<Digest> open_;
};

}  // namespace

Result<void> sweep_directory(const Directory& root) {
  DRAY_TRY_ASSIGN(const auto all, root.list(max_directory_files));
  DRAY_TRY_ASSIGN(const auto needed, Needed(root, all).find());
  for (const auto& name : all) {
    const auto hash = names::hex_in(name);
    if (hash && !needed.contains(*hash)) DRAY_TRY(root.remove_file(name));
  }
  return {};
}

}  // namespace dray
