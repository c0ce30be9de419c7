#pragma once

#include <dray/format/manifest.hpp>
#include <dray/store/content.hpp>
#include <string>
#include <string_view>

namespace dray::ops {

/// `registry.example/repo:tag` or `…@sha256:…`, for messages.
[[nodiscard]] std::string full_name(const ContentSource& source, const ManifestName& name);

/// A URL out of a manifest, fit for a message: no user, no query (it may be a signature), no control characters.
[[nodiscard]] std::string printable_url(std::string_view url);

/// Bytes and rates as people read them: `31.4 MB`.
[[nodiscard]] std::string printable_bytes(std::uint64_t bytes);

/// `linux/amd64, linux/arm64/v8`: every platform of the index that is no attestation, each once.
[[nodiscard]] std::string list_platforms(const Index& index);

}  // namespace dray::ops
