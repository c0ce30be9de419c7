#include <dray/app/archive_tags.hpp>
#include <dray/store/image_archive.hpp>
#include <string>

namespace dray {
namespace {

std::optional<Reference> reference_at(const Address& address) {
  if (address.kind() == PlaceKind::registry && address.reference().tag()) return address.reference();
  if (address.kind() != PlaceKind::docker_archive || !address.name()) return std::nullopt;
  const auto reference = Reference::parse(*address.name());
  return reference ? std::optional(*reference) : std::nullopt;
}

Error several(const ImageArchive& archive) {
  std::string names;
  for (const auto& repository : archive.repositories()) names += (names.empty() ? "" : ", ") + repository.familiar();
  return {ErrorCode::unsupported, archive.describe() + " holds images of several repositories (" + names +
                                      "), whose tags do not fit into one: copy them one by one, by their names"};
}

Error no_repository(const ContentSink& sink) {
  return {ErrorCode::unsupported,
          sink.describe() +
              " names images by full references, and the source has tags alone: copy them one by one, to " +
              "docker-archive:FILE:REPOSITORY:TAG, or write an OCI archive"};
}

}  // namespace

Result<Address> named_like(const Address& source, const Address& destination) {
  if (destination.kind() != PlaceKind::docker_archive || destination.name()) return destination;
  const auto reference = reference_at(source);
  if (!reference) return destination;
  DRAY_TRY_ASSIGN(const auto named, Reference::make(reference->repository_name(), *reference->tag()));
  return Address::parse(destination.text() + ":" + named.familiar());
}

Result<std::optional<RepositoryName>> call_by_repository(const Place& place, ContentSource& source) {
  if (place.kind() == PlaceKind::registry) return std::optional(place.repository());
  auto* const archive = dynamic_cast<ImageArchive*>(&source);
  if (archive == nullptr || archive->kind() != ArchiveKind::docker) return std::optional<RepositoryName>();
  auto repositories = archive->repositories();
  if (repositories.empty()) return std::optional<RepositoryName>();
  if (repositories.size() > 1) return several(*archive);
  archive->call_by(repositories.front());
  return std::optional(std::move(repositories.front()));
}

Result<void> call_by_repository(const std::optional<RepositoryName>& repository, ContentSink& sink) {
  auto* const archive = dynamic_cast<ImageArchive*>(&sink);
  auto* const stream = dynamic_cast<ArchiveStream*>(&sink);
  const bool docker = (archive != nullptr && archive->kind() == ArchiveKind::docker) ||
                      (stream != nullptr && stream->kind() == ArchiveKind::docker);
  if (!docker) return {};
  if (!repository) return no_repository(sink);
  if (archive != nullptr) archive->call_by(*repository);
  if (stream != nullptr) stream->call_by(*repository);
  return {};
}

}  // namespace dray
