#pragma once

#include <dray/base/bytes.hpp>
#include <memory>
#include <optional>

#include "engine/head_scan.hpp"

namespace dray::server::engine {

/// Takes the chunks off a request's body (RFC 9112 section 7.1). Extensions and trailers are read away.
class ChunkDecoder {
 public:
  ChunkDecoder();
  ~ChunkDecoder();
  ChunkDecoder(ChunkDecoder&&) noexcept;
  ChunkDecoder& operator=(ChunkDecoder&&) noexcept;

  struct Step {
    std::size_t consumed = 0;  ///< Of `input`; the rest is to come again, with more behind it.
    std::size_t produced = 0;  ///< Bytes of the body, at the front of `into`.
    bool done = false;         ///< The body is whole; what is left of `input` is not of it.
    std::optional<Refusal> refusal;
  };
  /// `into` has room for as many bytes as `input` has.
  [[nodiscard]] Step decode(ByteView input, ByteSpan into);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace dray::server::engine
