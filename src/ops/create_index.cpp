#include <fmt/format.h>

#include <algorithm>
#include <dray/ops/append.hpp>

#include "index_member.hpp"
#include "naming.hpp"

namespace dray::ops {

namespace {

Result<void> add(Index& index, Descriptor entry) {
  const auto same =
      std::ranges::find_if(index.manifests, [&](const auto& other) { return same_platform(entry, other); });
  if (same != index.manifests.end()) {
    return Error(ErrorCode::invalid_input, fmt::format("two images for {}: {} and {}", entry.platform->text(),
                                                       same->digest.text(), entry.digest.text()));
  }
  index.manifests.push_back(std::move(entry));
  return {};
}

Result<void> add_member(Index& index, const IndexMember& member, ContentSink& sink, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto entries, bring_member(member, sink, stop));
  for (auto& entry : entries) {
    DRAY_TRY(add(index, std::move(entry)).transform_error([&](Error e) {
      return std::move(e).context(full_name(*member.source, member.name));
    }));
  }
  return {};
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
    DRAY_TRY(add_member(index, member, sink, stop));
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
