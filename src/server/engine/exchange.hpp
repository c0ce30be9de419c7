#pragma once

#include <chrono>
#include <cstdint>
#include <dray/server/message.hpp>
#include <memory>
#include <optional>
#include <string>

#include "engine/buffer_pool.hpp"
#include "engine/chunk_decoder.hpp"
#include "engine/request_head.hpp"
#include "engine/response_head.hpp"

namespace dray::server::engine {

/// A body on its way from the client to its taker. While `job` is set the members of the second group are a worker's.
struct Upload {
  std::optional<ChunkDecoder> chunks;
  Buffer filling;
  std::size_t filled = 0;
  bool begun = false;  ///< A job was accepted.
  bool job = false;    ///< A worker has a piece, or waits for a thread.
  bool waits_for_buffer = false;
  bool needs_more = false;         ///< What is pending was shown to the decoder already.
  std::optional<Refusal> refusal;  ///< The body broke the rules; to be said once the worker is done.

  std::unique_ptr<BodyTaker> taker;
  Buffer piece;
  std::size_t piece_size = 0;
  bool last = false;
  std::optional<Response> answer;
  bool failed = false;  ///< The taker threw.

  /// Nothing more may be put into `filling`.
  [[nodiscard]] bool full() const noexcept;
  /// Called by a worker: hands the piece to the taker, and asks it for the answer behind the last.
  void take_piece() noexcept;
};

/// An answer on its way to the client. While `job` is set the members of the second group are a worker's.
struct Outgoing {
  std::string head;
  std::size_t head_sent = 0;
  std::optional<std::uint64_t> size;  ///< Of the body; nullopt: until the stream ends.
  std::uint64_t body_sent = 0;
  bool sends_body = false;
  bool chunked = false;
  bool begun = false;
  bool job = false;

  std::unique_ptr<ByteSource> stream;
  Buffer room;  ///< Of a stream's pieces.
  std::size_t piece_begin = 0;
  std::size_t piece_end = 0;
  std::size_t piece_bytes = 0;  ///< Of the body, in this piece.
  std::uint64_t stream_read = 0;
  bool stream_ended = false;
  bool stream_failed = false;

  /// Called by a worker: fills the room with the stream's next bytes, framed as they are sent.
  void read_piece() noexcept;
};

/// One request and its answer.
struct Exchange {
  RequestHead head;
  std::chrono::steady_clock::time_point begun;
  std::optional<std::uint64_t> body_left = 0;  ///< nullopt: chunks follow.
  std::uint64_t received = 0;
  std::unique_ptr<Upload> upload;
  Response response;
  Outgoing out;
  bool asked = true;  ///< False for what is said unasked, to one too many.

  [[nodiscard]] bool body_done() const noexcept { return body_left == std::uint64_t{0}; }
};

}  // namespace dray::server::engine
