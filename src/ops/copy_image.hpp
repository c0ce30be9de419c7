#pragma once

#include <dray/ops/copy.hpp>
#include <stop_token>

#include "blob_claims.hpp"
#include "graph.hpp"

namespace dray::ops {

/// An image all of which is at the destination but its root manifest: nobody sees it yet.
struct BroughtImage {
  CopyReport report;
  RawManifest root;
  bool has_gaps = false;  ///< A sparse index: some of what the root names was left out.
};

/// `digest_mismatch` where another digest than `root` is to stand at the destination.
[[nodiscard]] Result<void> check_expected(const Descriptor& root, const std::optional<Digest>& expected);

/// A copy but for its last step, with what refers to it where that is asked for. `claims` is shared by the copies into
/// one place that go on at a time; null: none do, and nothing goes along.
[[nodiscard]] Result<BroughtImage> bring_image(ContentSource& source, const ManifestName& name,
                                               const SinkOpener& open_sink, BlobClaims* claims,
                                               const CopyOptions& options, const std::stop_token& stop);

/// What goes along with an image that is at the destination already.
[[nodiscard]] Result<CopyReport> bring_what_refers(ContentSource& source, const ManifestName& name, ContentSink& sink,
                                                   BlobClaims& claims, const CopyOptions& options,
                                                   const std::stop_token& stop);

/// Only the image, for a graph whose manifests are already as they shall be.
[[nodiscard]] Result<BroughtImage> bring_graph(ContentSource& source, Graph graph, ContentSink& sink,
                                               BlobClaims* claims, const CopyOptions& options,
                                               const std::stop_token& stop);

/// The last step: stores the root, under `tag` or under its digest alone.
[[nodiscard]] Result<void> put_root(const BroughtImage& image, ContentSink& sink, const std::optional<std::string>& tag,
                                    const std::stop_token& stop);

}  // namespace dray::ops
