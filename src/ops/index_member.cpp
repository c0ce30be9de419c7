#include "index_member.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>
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

/// Copies what stands below a manifest, and the manifest itself under its digest.
Result<void> bring_whole(ContentSource& source, const RawManifest& root, ContentSink& sink,
                         const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto graph, walk(source, root, stop));
  DRAY_TRY(bring(source, graph, sink, {}, stop));
  return sink.put_manifest(graph.manifests.back().raw, stop);
}

Result<std::vector<Descriptor>> bring_image(const IndexMember& member, RawManifest raw, const Manifest& manifest,
                                            ContentSink& sink, const std::stop_token& stop) {
  DRAY_TRY(bring_whole(*member.source, raw, sink, stop));
  auto platform = member.platform;
  if (!platform) {
    DRAY_TRY_ASSIGN(platform, config_platform(*member.source, manifest, full_name(*member.source, member.name), stop));
  }
  Descriptor entry{manifest.media_type, raw.descriptor.digest, raw.bytes.size()};
  entry.platform = std::move(platform);
  entry.artifact_type = manifest.artifact_type;
  return std::vector{std::move(entry)};
}

/// The members of an index become members of the new one; the platform chooses one of them.
Result<std::vector<Descriptor>> bring_members(const IndexMember& member, const RawManifest& raw, const Index& other,
                                              ContentSink& sink, const std::stop_token& stop) {
  if (member.platform) {
    DRAY_TRY_ASSIGN(auto image, select_image(*member.source, member.name, member.platform, stop));
    auto chosen = member;
    if (image.platform) chosen.platform = image.platform;
    return bring_image(chosen, std::move(image.raw), image.manifest, sink, stop);
  }
  DRAY_TRY_ASSIGN(const auto graph, walk(*member.source, raw, stop));
  DRAY_TRY(bring(*member.source, graph, sink, {}, stop));
  auto entries = other.manifests;
  for (auto& entry : entries) entry.data.reset();
  return entries;
}

Result<std::vector<Descriptor>> bring_any(const IndexMember& member, ContentSink& sink, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto fetched, fetch_manifest(*member.source, member.name, stop));
  if (const auto* other = std::get_if<Index>(&fetched.parsed)) {
    return bring_members(member, fetched.raw, *other, sink, stop);
  }
  if (const auto* manifest = std::get_if<Manifest>(&fetched.parsed)) {
    return bring_image(member, std::move(fetched.raw), *manifest, sink, stop);
  }
  return Error(ErrorCode::unsupported,
               full_name(*member.source, member.name) + " is a Docker schema 1 manifest, which no index can hold");
}

}  // namespace

Result<std::vector<Descriptor>> bring_member(const IndexMember& member, ContentSink& sink,
                                             const std::stop_token& stop) {
  return bring_any(member, sink, stop).transform_error([&](Error e) {
    return std::move(e).context(full_name(*member.source, member.name));
  });
}

bool same_platform(const Descriptor& one, const Descriptor& other) {
  return !is_attestation(one) && !is_attestation(other) && one.platform && other.platform &&
         one.platform->normalised() == other.platform->normalised();
}

}  // namespace dray::ops
