#include "archive_names.hpp"

#include <dray/core/address.hpp>

namespace dray {

std::string archive_address(ArchiveKind kind, const std::string& path) {
  const auto place = kind == ArchiveKind::oci ? PlaceKind::oci_archive : PlaceKind::docker_archive;
  return std::string(name(place)) + ":" + path;
}

Result<Reference> ArchiveNames::reference_of(const std::string& tag) const {
  if (repository_) return Reference::make(*repository_, tag);
  DRAY_TRY_ASSIGN(auto reference, Reference::parse(tag));
  if (!reference.digest()) return reference;
  return Error(ErrorCode::invalid_input, "'" + tag + "': images in docker's archives are named by tags, not digests");
}

Result<Descriptor> ArchiveNames::find(const LayoutIndex& index, const std::string& tag) const {
  if (kind_ == ArchiveKind::oci) return index.find(tag);
  const auto reference = reference_of(tag);
  if (!reference) return reference.error();
  auto found = index.find(*reference);
  if (found || found.error().code() != ErrorCode::not_found || repository_) return found;
  // A name that is no reference, such as that of a list of referrers.
  auto plain = index.find(tag);
  return plain ? plain : found;
}

Result<void> ArchiveNames::set(LayoutIndex& index, const std::string& tag, const Descriptor& manifest) const {
  if (kind_ == ArchiveKind::oci) {
    DRAY_TRY_ASSIGN(const auto name, parse_tag(tag));
    DRAY_TRY(index.set_name(name, manifest));
    return {};
  }
  DRAY_TRY_ASSIGN(const auto reference, reference_of(tag));
  DRAY_TRY(index.set_reference(reference, manifest));
  return {};
}

Result<void> ArchiveNames::remove(LayoutIndex& index, const std::string& tag) const {
  if (kind_ == ArchiveKind::oci) return index.remove_name(tag);
  DRAY_TRY_ASSIGN(const auto reference, reference_of(tag));
  return index.remove_reference(reference);
}

std::vector<std::string> ArchiveNames::list(const LayoutIndex& index) const {
  if (kind_ == ArchiveKind::oci) return index.names();
  std::vector<std::string> names;
  for (const auto& reference : index.references()) {
    if (!repository_) {
      names.push_back(reference.familiar());
    } else if (reference.repository_name() == *repository_) {
      names.push_back(*reference.tag());
    }
  }
  return names;
}

}  // namespace dray
