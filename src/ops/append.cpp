#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>
#include <dray/ops/append.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/verify.hpp>
#include <map>

#include "bring.hpp"
#include "naming.hpp"
#include "new_layer.hpp"

namespace dray::ops {

namespace {

constexpr std::string_view no_time = "1970-01-01T00:00:00Z";

/// What the new layers come upon.
struct Ground {
  Manifest manifest;
  ImageConfig config;
};

Result<Ground> bare_ground(const AppendOptions& options) {
  if (!options.platform || options.platform->architecture.empty()) {
    return Error(ErrorCode::invalid_input, "a new image needs a platform, for example linux/amd64");
  }
  ImageConfig config;
  config.platform = *options.platform;
  const auto type = [&](std::string_view docker, std::string_view oci) {
    return MediaType::of(options.docker_types ? docker : oci);
  };
  Descriptor unwritten{type(media_types::docker_config, media_types::oci_config), Digest::of({}), 0};
  Manifest manifest{
      type(media_types::docker_manifest, media_types::oci_manifest), std::move(unwritten), {}, {}, {}, {}};
  return Ground{std::move(manifest), std::move(config)};
}

Result<Ground> base_ground(ContentSource& base, const ManifestName& name, const AppendOptions& options,
                           const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto image, select_image(base, name, options.platform, stop));
  auto& manifest = image.manifest;
  const auto where = full_name(base, name);
  if (!manifest.config.media_type.is_config()) {
    return Error(ErrorCode::invalid_input,
                 where + " is no image: its config is a " + manifest.config.media_type.text());
  }
  DRAY_TRY_ASSIGN(const auto bytes, read_blob(base, manifest.config, limits::max_config_bytes, stop));
  auto config = ImageConfig::parse(bytes);
  if (!config) return std::move(config).error().context("config of " + where);
  if (config->diff_ids.size() != manifest.layers.size()) {
    return Error(ErrorCode::invalid_input, where + " has " + std::to_string(manifest.layers.size()) +
                                               " layers, but its config has diff IDs for " +
                                               std::to_string(config->diff_ids.size()));
  }
  manifest.subject.reset();  // what is said about the base is not said about the result
  return Ground{std::move(manifest), std::move(config).value()};
}

Json texts(const std::vector<std::string>& values) { return Json::Array(values.begin(), values.end()); }

/// Each of `changes` takes the place of the old variable of its name, or comes at the end.
std::vector<std::string> merge_env(std::vector<std::string> env, const std::vector<std::string>& changes) {
  for (const auto& change : changes) {
    const auto name = change.substr(0, change.find('='));
    const auto old =
        std::ranges::find_if(env, [&](const auto& variable) { return variable.substr(0, variable.find('=')) == name; });
    if (old == env.end()) {
      env.push_back(change);
    } else {
      *old = change;
    }
  }
  return env;
}

void set_run_options(ImageConfig& config, const AppendOptions& options) {
  const auto* old = config.document.find("config");
  Json run = old != nullptr && old->as_object() != nullptr ? *old : Json(Json::Object{});
  if (!options.user.empty()) run.set("User", options.user);
  if (!options.env.empty()) run.set("Env", texts(merge_env(config.env, options.env)));
  if (!options.entrypoint.empty()) run.set("Entrypoint", texts(options.entrypoint));
  if (!options.cmd.empty()) run.set("Cmd", texts(options.cmd));
  if (!options.working_dir.empty()) run.set("WorkingDir", options.working_dir);
  if (!options.labels.empty()) {
    Json labels = run.find("Labels") != nullptr && run.find("Labels")->as_object() != nullptr ? *run.find("Labels")
                                                                                              : Json(Json::Object{});
    for (const auto& [key, value] : options.labels) labels.set(key, value);
    run.set("Labels", std::move(labels));
  }
  if (!config.document.as_object()) config.document = Json(Json::Object{});
  config.document.set("config", std::move(run));
}

std::string file_name(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string made_by(const NewLayer& layer) {
  auto text = "dray append " + file_name(layer.path);
  if (!layer.destination.empty()) text += " to " + layer.destination;
  return text;
}

/// True where each layer has its step; a history that does not add up is left as it is.
bool history_adds_up(const Ground& ground) {
  const auto steps = std::ranges::count_if(ground.config.history, [](const auto& step) { return !step.empty_layer; });
  return static_cast<std::size_t>(steps) == ground.manifest.layers.size();
}

Result<void> put_bytes(ContentSink& sink, const Descriptor& blob, const std::string& bytes,
                       const std::stop_token& stop) {
  const auto open = [&bytes]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(bytes));
  };
  return sink.put_blob(blob, open, stop);
}

Result<Descriptor> put_image(Ground ground, ContentSink& sink, const std::optional<std::string>& tag,
                             const std::stop_token& stop) {
  const auto config = ground.config.serialize();
  ground.manifest.config = {ground.manifest.config.media_type, Digest::of(as_bytes(config)), config.size()};
  DRAY_TRY(put_bytes(sink, ground.manifest.config, config, stop));
  auto bytes = ground.manifest.serialize();
  RawManifest raw{{ground.manifest.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
  if (tag) {
    DRAY_TRY(sink.set_tag(*tag, raw, stop));
  } else {
    DRAY_TRY(sink.put_manifest(raw, stop));
  }
  return raw.descriptor;
}

}  // namespace

Result<Descriptor> append(ContentSource* base, const ManifestName* base_name, const std::vector<NewLayer>& layers,
                          ContentSink& sink, const std::optional<std::string>& tag, const AppendOptions& options,
                          const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto ground, base != nullptr ? base_ground(*base, *base_name, options, stop) : bare_ground(options));
  if (ground.manifest.layers.size() + layers.size() > limits::max_layers) {
    return Error(ErrorCode::limit_exceeded,
                 "the image would have more than " + std::to_string(limits::max_layers) + " layers");
  }
  if (base != nullptr) {
    DRAY_TRY(bring(*base, ground.manifest.layers, sink, {}, stop));
  }
  const bool history = history_adds_up(ground);
  const auto created = options.created.value_or(std::string(no_time));
  for (const auto& layer : layers) {
    DRAY_TRY_ASSIGN(auto stored,
                    store_layer(layer, options.compression, ground.manifest.media_type.is_docker(), sink, stop));
    ground.manifest.layers.push_back(std::move(stored.descriptor));
    ground.config.diff_ids.push_back(stored.diff_id);
    if (history) {
      ground.config.history.push_back({.created = created, .created_by = made_by(layer), .author = {}, .comment = {}});
    }
  }
  ground.config.created = created;
  set_run_options(ground.config, options);
  return put_image(std::move(ground), sink, tag, stop);
}

}  // namespace dray::ops
