#include "engine/exchange.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <dray/server/limits.hpp>
#include <exception>

namespace dray::server::engine {
namespace {

/// The longest chunk size line in front of a piece, and what stands behind one: the CR LF and the last chunk.
constexpr std::size_t room_in_front = 16;
constexpr std::size_t room_behind = 8;

/// Puts `<size>CRLF` right in front of the piece and CRLF behind it.
void frame(std::byte* room, std::size_t& begin, std::size_t& end) noexcept {
  char size[room_in_front];
  const auto* const size_end = std::to_chars(size, size + sizeof size - 2, end - begin, 16).ptr;
  const auto digits = static_cast<std::size_t>(size_end - size);
  begin -= digits + 2;
  std::memcpy(room + begin, size, digits);
  std::memcpy(room + begin + digits, "\r\n", 2);
  std::memcpy(room + end, "\r\n", 2);
  end += 2;
}

}  // namespace

bool Upload::full() const noexcept {
  // Chunks are decoded out of what is pending and what is received, together: there is room for both.
  static_assert(limits::transfer_bytes >= 4 * limits::max_head_bytes &&
                limits::transfer_bytes <= limits::scratch_bytes &&
                limits::max_chunk_overhead_bytes <= limits::max_head_bytes);
  const std::size_t least_room = chunks ? 2 * limits::max_head_bytes : 1;
  return filled + least_room > limits::transfer_bytes;
}

void Upload::take_piece() noexcept {
  try {
    if (piece_size > 0) {
      if (const auto taken = taker->write({piece.get(), piece_size}); !taken) {
        answer = taker->refuse(taken.error());
        taker.reset();
        return;
      }
    }
    if (!last) return;
    answer = taker->finish();
  } catch (const std::exception&) {
    failed = true;
  }
  taker.reset();
}

void Outgoing::read_piece() noexcept {
  try {
    if (!room) room = Buffer(new std::byte[room_in_front + limits::stream_piece_bytes + room_behind]);
    piece_begin = piece_end = room_in_front;
    auto most = limits::stream_piece_bytes;
    if (size) most = static_cast<std::size_t>(std::min<std::uint64_t>(most, *size - stream_read));
    const auto got = stream->read({room.get() + room_in_front, most});
    if (!got || *got > most || (*got == 0 && size)) {
      stream_failed = true;
    } else if (*got == 0) {
      stream_ended = true;
      if (chunked) {
        std::memcpy(room.get() + piece_begin, "0\r\n\r\n", 5);
        piece_end += 5;
      }
    } else {
      piece_bytes = *got;
      piece_end += *got;
      stream_read += *got;
      if (chunked) frame(room.get(), piece_begin, piece_end);
      stream_ended = size && stream_read == *size;
    }
  } catch (const std::exception&) {
    stream_failed = true;
  }
  if (stream_ended || stream_failed) stream.reset();
}

}  // namespace dray::server::engine
