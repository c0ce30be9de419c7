#pragma once

#include <cstdint>
#include <dray/core/diff_id.hpp>
#include <dray/ops/convert.hpp>
#include <map>
#include <optional>
#include <stop_token>
#include <vector>

#include "../graph.hpp"
#include "findings.hpp"

namespace dray::ops {

/// A layer that is to be compressed anew, and what its plain bytes must be.
struct LayerWork {
  Descriptor layer;
  DiffId diff_id;
};

/// What a layer is now; `made` is nullopt as long as nobody knows.
struct NewForm {
  struct Made {
    Digest digest;
    std::uint64_t size = 0;
  };
  std::optional<Made> made;
};
/// By what they were.
using NewForms = std::map<Digest, NewForm>;

/// How layers are to be compressed.
struct LayerCompression {
  Compression compression = Compression::gzip;
  std::optional<int> level;
};

/// The layers of the graph's images whose media type says another compression, each once. Foreign ones stay as they
/// are, as their bytes lie behind URLs. Configs are read for the diff IDs.
/// Errors: `invalid_input` for a config that does not fit its layers, or that contradicts another one.
[[nodiscard]] Result<std::vector<LayerWork>> layers_to_compress(const Graph& graph, ContentSource& source,
                                                                Compression wanted, Findings& findings,
                                                                const std::stop_token& stop);

struct Compressed {
  NewForms forms;
  std::uint64_t bytes_received = 0;
};

/// Reads each layer once, checks it against digest and diff ID, and stores its new form in `sink`; a few at a time. A
/// layer whose bytes are in that form already, whatever its type said, keeps them and is not stored: its form has its
/// own digest. The same layers give the same bytes (with the same zlib and libzstd).
/// Errors: `digest_mismatch` for another diff ID; `unsupported` for bzip2 and xz; those of the places.
[[nodiscard]] Result<Compressed> compress_layers(ContentSource& source, const std::vector<LayerWork>& layers,
                                                 ContentSink& sink, const LayerCompression& how,
                                                 const CopyOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
