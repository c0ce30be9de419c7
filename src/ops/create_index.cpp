#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>
#include <dray/ops/append.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/verify.hpp>

#include "attestation.hpp"
#include "bring.hpp"
#include "graph.hpp"
#include "naming.hpp"

namespace dray::ops {

namespace {

Result<Platform> config_platform(ContentSource& source, const Manifest& manifest, const std::string& where,
                                 const std::stop_token& stop) {
  if (manifest.config.media_type.is_config()) {
    DRAY_TRY_ASSIGN(const auto bytes, read_blob(source, manifest.config, limits::max_config_bytes, stop));
    DRAY_TRY_ASSIGN(const auto config, ImageConfig::parse(bytes));
    if (!config.platform.os.empty() && !config.platform.architecture.empty()) return config.platform;
  }
  return Error(ErrorCode::invalid_input, where + " does not say its platform; say it for the index");
}

Result<void> add(Index& index, Descriptor entry) {
  const auto same = std::ranges::find_if(index.manifests, [&](const Descriptor& other) {
    return !is_attestation(entry) && !is_attestation(other) && entry.platform && other.platform &&
           entry.platform->normalised() == other.platform->normalised();
  });
  if (same != index.manifests.end()) {
    return Error(ErrorCode::invalid_input, fmt::format("two images for {}: {} and {}", entry.platform->text(),
                                                       same->digest.text(), entry.digest.text()));
  }
  entry.data.reset();
  index.manifests.push_back(std::move(entry));
  return {};
}

/// Copies what stands below a manifest, and the manifest itself under its digest.
Result<void> bring_whole(ContentSource& source, const RawManifest& root, ContentSink& sink,
                         const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto graph, walk(source, root, stop));
  DRAY_TRY(bring(source, graph, sink, {}, stop));
  return sink.put_manifest(graph.manifests.back().raw, stop);
}

Result<void> add_image(Index& index, const IndexMember& member, RawManifest raw, const Manifest& manifest,
                       ContentSink& sink, const std::stop_token& stop) {
  DRAY_TRY(bring_whole(*member.source, raw, sink, stop));
  auto platform = member.platform;
  if (!platform) {
    DRAY_TRY_ASSIGN(platform, config_platform(*member.source, manifest, full_name(*member.source, member.name), stop));
  }
  Descriptor entry{manifest.media_type, raw.descriptor.digest, raw.bytes.size()};
  entry.platform = std::move(platform);
  entry.artifact_type = manifest.artifact_type;
  return add(index, std::move(entry));
}

/// The members of an index become members of the new one; the platform chooses one of them.
Result<void> add_members(Index& index, const IndexMember& member, const RawManifest& raw, const Index& other,
                         ContentSink& sink, const std::stop_token& stop) {
  if (member.platform) {
    DRAY_TRY_ASSIGN(auto image, select_image(*member.source, member.name, member.platform, stop));
    auto chosen = member;
    if (image.platform) chosen.platform = image.platform;
    return add_image(index, chosen, std::move(image.raw), image.manifest, sink, stop);
  }
  DRAY_TRY_ASSIGN(const auto graph, walk(*member.source, raw, stop));
  DRAY_TRY(bring(*member.source, graph, sink, {}, stop));
  for (const auto& entry : other.manifests) DRAY_TRY(add(index, entry));
  return {};
}

Result<void> add_member(Index& index, const IndexMember& member, ContentSink& sink, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto fetched, fetch_manifest(*member.source, member.name, stop));
  if (const auto* other = std::get_if<Index>(&fetched.parsed)) {
    return add_members(index, member, fetched.raw, *other, sink, stop);
  }
  if (const auto* manifest = std::get_if<Manifest>(&fetched.parsed)) {
    return add_image(index, member, std::move(fetched.raw), *manifest, sink, stop);
  }
  return Error(ErrorCode::unsupported,
               full_name(*member.source, member.name) + " is a Docker schema 1 manifest, which no index can hold");
}

}  // namespace

Result<Descriptor> create_index(const std::vector<IndexMember>& members, ContentSink& sink,
                                const std::optional<std::string>& tag, const IndexCreateOptions& options,
                                const std::stop_token& stop) {
  if (options.docker_types && !options.annotations.empty()) {
    return Error(ErrorCode::invalid_input, "a Docker manifest list has no annotations; make an OCI index instead");
  }
  Index index{MediaType::of(options.docker_types ? media_types::docker_index : media_types::oci_index), {}, {}, {}, {}};
  index.annotations.insert(options.annotations.begin(), options.annotations.end());
  for (const auto& member : members) {
    DRAY_TRY(add_member(index, member, sink, stop).transform_error([&](Error e) {
      return std::move(e).context(full_name(*member.source, member.name));
    }));
  }
  auto bytes = index.serialize();
  const RawManifest raw{{index.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
  if (tag) {
    DRAY_TRY(sink.set_tag(*tag, raw, stop));
  } else {
    DRAY_TRY(sink.put_manifest(raw, stop));
  }
  return raw.descriptor;
}

}  // namespace dray::ops
