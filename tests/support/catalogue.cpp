#include "support/catalogue.hpp"

#include <boost/json.hpp>
#include <dray/core/media_type.hpp>
#include <filesystem>
#include <string_view>
#include <utility>

#include "support/hashing.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {
namespace {

namespace json = boost::json;
namespace types = media_types;

/// As many as the source of the fixture counted.
constexpr int runtime_tags = 1995;

void promise_blob(RegistryState& state, const std::string& repository, const json::value& descriptor) {
  state.put_blob(repository, json::value_to<std::string>(descriptor.at("digest")), nullptr);
}

void store_fixture(RegistryState& state, const std::string& repository, const std::string& tag, std::string_view file,
                   std::string_view type) {
  std::string bytes = read_bytes(std::filesystem::path(DRAY_TESTDATA_DIR) / "fixtures" / file);
  const std::string digest = digest_of(bytes);
  const json::value document = json::parse(bytes);
  if (const auto* config = document.as_object().if_contains("config")) {
    promise_blob(state, repository, *config);
    for (const json::value& layer : document.at("layers").as_array()) promise_blob(state, repository, layer);
  }
  state.put_manifest(repository, {digest, std::string(type), share(std::move(bytes))});
  if (!tag.empty()) state.set_tag(repository, tag, digest);
}

}  // namespace

void store_fixtures(RegistryState& state) {
  const std::string_view list = types::docker_index;
  const std::string_view image = types::docker_manifest;
  store_fixture(state, "dotnet/core/runtime", "3.0", "mcr/dotnet-core-runtime-3.0.list.json", list);
  store_fixture(state, "dotnet/core/runtime", "", "mcr/dotnet-core-runtime-3.0.linux-amd64.manifest.json", image);
  store_fixture(state, "dotnet/runtime", "7.0", "mcr/dotnet-runtime-7.0.list.json", list);
  store_fixture(state, "dotnet/runtime", "", "mcr/dotnet-runtime-7.0.linux-amd64.manifest.json", image);
  store_fixture(state, "library/alpine", "3.13", "alpine-3.13.manifest.json", image);
  store_fixture(state, "library/redis", "alpine", "redis-alpine.manifest.json", image);
  store_fixture(state, "library/busybox", "latest", "busybox.manifest.json", image);
  store_fixture(state, "library/busybox", "v2-answer", "busybox-v2-answer.manifest.json", image);
  const auto runtime = state.manifest("dotnet/runtime", "7.0");
  for (int i = 1; i < runtime_tags; ++i) {
    state.set_tag("dotnet/runtime", "7.0." + std::to_string(i), runtime->digest);
  }
}

void store_image(RegistryState& state, const std::string& repository, const std::string& tag, const Image& image) {
  state.put_blob(repository, image.config.digest, image.config.bytes);
  for (const Layer& layer : image.layers) {
    if (layer.urls.empty()) state.put_blob(repository, layer.blob.digest, layer.blob.bytes);
  }
  state.put_manifest(repository, {image.manifest.digest, image.manifest.media_type, image.manifest.bytes});
  if (!tag.empty()) state.set_tag(repository, tag, image.manifest.digest);
}

Image make_servercore() {
  ImageSpec spec;
  spec.platform = {"windows", "amd64", "", "10.0.17763.379"};
  spec.layers = {LayerSpec{{TarEntry{"Files/Windows/System32/base.dll", "base\n"}, TarEntry{"Hives/System_Base", "h"}}},
                 LayerSpec{{TarEntry{"Files/Windows/System32/update.dll", "update\n"}}}};
  spec.entrypoint = {"c:\\windows\\system32\\cmd.exe"};
  return make_image(spec);
}

}  // namespace dray::testing
