#pragma once

#include <dray/base/result.hpp>
#include <dray/core/reference.hpp>
#include <string_view>

/// The parts of a reference's grammar that `RepositoryName` and `Reference` share.
namespace dray::name_grammar {

/// The end of the name in `name[:tag]`: where the last `:` behind the last `/` stands, or the text's end.
[[nodiscard]] std::size_t end_of_name(std::string_view name_and_tag) noexcept;

/// The text behind `docker://` or `docker-pullable://` where it begins with one of them.
[[nodiscard]] std::string_view without_docker_scheme(std::string_view text) noexcept;

/// Refuses what is never meant as a name: nothing at all, URLs, `name#sha256:…`, blanks, a bare image ID or digest.
[[nodiscard]] Result<void> refuse_known_mistakes(std::string_view text);

/// Reads `[registry/]path`; no tag or digest may stand behind it.
[[nodiscard]] Result<RepositoryName> parse_name(std::string_view text);

}  // namespace dray::name_grammar
