#pragma once

#include <dray/ops/artifact.hpp>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"

namespace dray::cli {

/// `FILE[:TYPE]` as typed. What stands behind the last `:` is the type where it is one (`text/plain`); a file whose
/// name looks so is written with its type.
struct TypedFile {
  std::string path;
  std::optional<MediaType> media_type;
};
[[nodiscard]] TypedFile parse_typed_file(const std::string& text);

/// What `artifact push` and `attach` are told: the FILE arguments, `--config`, `--annotation`, `--artifact-type`.
struct ArtifactInput {
  std::vector<ops::ArtifactFile> files;
  ops::ArtifactOptions options;
};
/// The artifact's type is unset where nothing tells it: neither `--artifact-type`, nor a config's type, nor one type
/// that all files were given. Errors: those of a file that cannot be opened; `invalid_input`.
[[nodiscard]] Result<ArtifactInput> artifact_input(const Input& input);

/// The result of both: the digest, and in JSON what it was made of.
[[nodiscard]] Json artifact_json(const ops::ArtifactReport& report);

// Arguments and options that both declare.
inline constexpr Argument artifact_file_argument{
    "FILE", "FILE or FILE:TYPE, its media type; application/octet-stream when left out", false, true};
inline constexpr Option artifact_type_option{"--artifact-type", "TYPE", "what the artifact is, as a media type"};
inline constexpr Option artifact_annotation_option{"--annotation", "KEY=VALUE", "set an annotation of the manifest",
                                                   true};
inline constexpr Option artifact_config_option{"--config", "FILE[:TYPE]",
                                               "a config of its own; the empty one when left out"};

}  // namespace dray::cli
