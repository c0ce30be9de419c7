#include "artifact_input.hpp"

#include <algorithm>
#include <utility>

#include "input_file.hpp"
#include "key_value.hpp"
#include "render.hpp"

namespace dray::cli {
namespace {

constexpr std::string_view any_bytes = "application/octet-stream";
/// As oras calls a config that nobody gave a type.
constexpr std::string_view unknown_config = "application/vnd.unknown.config.v1+json";

Result<ops::ArtifactFile> open_file(const std::string& path, MediaType media_type) {
  DRAY_TRY_ASSIGN(const auto opened, open_input(path));
  const auto open = [path](const ByteRange& range) -> Result<std::unique_ptr<ByteSource>> {
    DRAY_TRY_ASSIGN(auto part, open_input(path, range));
    return std::move(part.bytes);
  };
  return ops::ArtifactFile{.title = {}, .media_type = std::move(media_type), .size = opened.size, .open = open};
}

Result<std::optional<MediaType>> type_option(const Input& input) {
  const auto text = input.option("--artifact-type");
  if (!text) return std::optional<MediaType>();
  auto type = MediaType::parse(*text);
  if (!type) return std::move(type).error().context("--artifact-type");
  return std::optional(*std::move(type));
}

/// The type that all files were given; nullopt where they differ, or one was given none.
std::optional<MediaType> common_type(const std::vector<TypedFile>& files) {
  if (files.empty()) return std::nullopt;
  const auto& first = files.front().media_type;
  const bool all = std::ranges::all_of(files, [&](const TypedFile& file) { return file.media_type == first; });
  return all ? first : std::nullopt;
}

Result<void> read_config(const std::string& text, ArtifactInput& artifact) {
  const auto typed = parse_typed_file(text);
  DRAY_TRY_ASSIGN(artifact.options.config,
                  open_file(typed.path, typed.media_type.value_or(MediaType::of(unknown_config))));
  return {};
}

}  // namespace

TypedFile parse_typed_file(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon != std::string::npos && colon > 0) {
    if (auto type = MediaType::parse(std::string_view(text).substr(colon + 1))) {
      return {text.substr(0, colon), *std::move(type)};
    }
  }
  return {text, std::nullopt};
}

Result<ArtifactInput> artifact_input(const Input& input) {
  ArtifactInput artifact;
  std::vector<TypedFile> typed;
  for (const auto& text : input.all_arguments("FILE")) typed.push_back(parse_typed_file(text));
  for (const auto& file : typed) {
    DRAY_TRY_ASSIGN(auto opened, open_file(file.path, file.media_type.value_or(MediaType::of(any_bytes))));
    DRAY_TRY_ASSIGN(opened.title, FileTitle::of_path(file.path));
    artifact.files.push_back(std::move(opened));
  }
  DRAY_TRY_ASSIGN(artifact.options.annotations, keys_and_values(input, "--annotation"));
  DRAY_TRY_ASSIGN(artifact.options.artifact_type, type_option(input));
  if (const auto config = input.option("--config")) {
    DRAY_TRY(read_config(*config, artifact));
  } else if (!artifact.options.artifact_type) {
    artifact.options.artifact_type = common_type(typed);
  }
  if (typed.empty() && !artifact.options.config && artifact.options.annotations.empty()) {
    return Error(ErrorCode::invalid_input, "say what is in the artifact: a FILE, --config or --annotation");
  }
  return artifact;
}

Json artifact_json(const ops::ArtifactReport& report) {
  const auto& manifest = report.manifest;
  auto json = descriptor_json(report.copied.copied);
  const bool has_type = manifest.artifact_type.has_value();
  json.set("artifactType", (has_type ? *manifest.artifact_type : manifest.config.media_type).text());
  json.set("subject", manifest.subject ? descriptor_json(*manifest.subject) : Json());
  json.set("annotations", text_map(manifest.annotations));
  Json::Array files;
  for (const auto& layer : manifest.layers) {
    const auto title = FileTitle::of(layer);
    if (!title || !*title) continue;  // the empty layer of one without files
    auto file = descriptor_json(layer);
    file.set("title", (*title)->text());
    files.push_back(std::move(file));
  }
  json.set("files", std::move(files));
  json.set("bytesTransferred", report.copied.bytes_transferred);
  return json;
}

}  // namespace dray::cli
