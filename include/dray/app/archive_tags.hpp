#pragma once

#include <dray/core/address.hpp>
#include <dray/core/place.hpp>
#include <dray/store/content.hpp>
#include <optional>

// Images in docker's archives are named by full references, everywhere else by tags. Where many tags are copied, and
// where nobody said a name, the repository of the other side stands in.

namespace dray {

/// The destination of a copy: one of docker's archives without a name is to name the image as its source does, if that
/// has a full reference. Any other address stays as it is.
[[nodiscard]] Result<Address> named_like(const Address& source, const Address& destination);

/// The repository that a source's tags belong to: a registry's own; nullopt for a layout, a folder, an OCI archive. One
/// of docker's archives is called by its repository from here on. Errors: `unsupported` for one that holds images of
/// several repositories, which are named.
[[nodiscard]] Result<std::optional<RepositoryName>> call_by_repository(const Place& place, ContentSource& source);
/// Lets the tags of one of docker's archives be those of `repository`; any other sink has tags already. Errors:
/// `unsupported` where none is known.
[[nodiscard]] Result<void> call_by_repository(const std::optional<RepositoryName>& repository, ContentSink& sink);

}  // namespace dray
