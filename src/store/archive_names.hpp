#pragma once

#include <dray/core/reference.hpp>
#include <dray/store/content.hpp>
#include <dray/store/image_archive.hpp>
#include <optional>
#include <string>
#include <vector>

#include "layout_index.hpp"

namespace dray {

/// An archive as an address names it, for messages.
[[nodiscard]] std::string archive_address(ArchiveKind kind, const std::string& path);

/// How an archive's images are named in its index.json: by tags in an OCI archive, by full references in docker's. A
/// value.
class ArchiveNames {
 public:
  explicit ArchiveNames(ArchiveKind kind) : kind_(kind) {}
  void call_by(RepositoryName repository) { repository_ = std::move(repository); }

  /// Errors: `not_found`; `invalid_input` for what is no name here.
  [[nodiscard]] Result<Descriptor> find(const LayoutIndex& index, const std::string& tag) const;
  [[nodiscard]] Result<void> set(LayoutIndex& index, const std::string& tag, const Descriptor& manifest) const;
  [[nodiscard]] Result<void> remove(LayoutIndex& index, const std::string& tag) const;
  [[nodiscard]] std::vector<std::string> list(const LayoutIndex& index) const;

 private:
  [[nodiscard]] Result<Reference> reference_of(const std::string& tag) const;

  ArchiveKind kind_;
  std::optional<RepositoryName> repository_ = {};
};

}  // namespace dray
