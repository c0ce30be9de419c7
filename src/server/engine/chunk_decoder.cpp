#include "engine/chunk_decoder.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <cassert>
#include <cstring>
#include <dray/server/limits.hpp>

namespace dray::server::engine {

namespace beast = boost::beast;

class ChunkDecoder::Parser final : public beast::http::basic_parser<true> {
 public:
  using Ec = beast::error_code;

  /// Beast decodes chunks behind a head only, so it is shown one; the request's own was parsed and judged before.
  Parser() {
    constexpr std::string_view head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    body_limit(boost::none);
    Ec ec;
    put(boost::asio::const_buffer(head.data(), head.size()), ec);
    assert(!ec && is_header_done());
    eager(true);
  }

  Step decode(ByteView input, ByteSpan into) {
    Step step;
    if (chunk_left_ == 0 && input.size() < least_header_bytes) return step;
    into_ = into;
    produced_ = 0;
    Ec ec;
    step.consumed = put(boost::asio::const_buffer(input.data(), input.size()), ec);
    step.produced = produced_;
    step.done = is_done();
    beside_body_ += step.consumed - step.produced;
    const bool waits = ec == beast::http::error::need_more;
    const std::size_t waiting = step.done ? 0 : input.size() - step.consumed;
    if (waiting > limits::max_chunk_overhead_bytes || extensions_ > limits::max_chunk_overhead_bytes ||
        beside_body_ > limits::max_chunk_overhead_bytes + chunks_ * size_line_bytes) {
      step.refusal = Refusal{400, "the body's chunks carry too much beside it"};
    } else if (ec && !waits) {
      step.refusal = Refusal{400, "the body's chunks are malformed"};
    }
    return step;
  }

 private:
  /// The shortest end of a body, `0CRLFCRLF`. With less Beast fails an assertion of its own: it meets `0CRLF` and one
  /// byte more as the second part of a last chunk.
  static constexpr std::size_t least_header_bytes = 5;
  /// What stands beside a chunk at least and without fault: 16 digits and two line ends.
  static constexpr std::size_t size_line_bytes = 20;

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, Ec&) override {
    std::memcpy(into_.data() + produced_, bytes.data(), bytes.size());
    produced_ += bytes.size();
    chunk_left_ -= bytes.size();
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view extensions, Ec&) override {
    ++chunks_;
    chunk_left_ = size;
    extensions_ += extensions.size();
  }
  void on_field_impl(beast::http::field, beast::string_view, beast::string_view, Ec&) override {}
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, Ec&) override {}
  void on_response_impl(int, beast::string_view, int, Ec&) override {}
  void on_header_impl(Ec&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Ec&) override {}
  std::size_t on_body_impl(beast::string_view, Ec&) override { return 0; }
  void on_finish_impl(Ec&) override {}

  ByteSpan into_;
  std::size_t produced_ = 0;
  std::uint64_t beside_body_ = 0;
  std::uint64_t extensions_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t chunk_left_ = 0;
};

ChunkDecoder::ChunkDecoder() : parser_(std::make_unique<Parser>()) {}
ChunkDecoder::~ChunkDecoder() = default;
ChunkDecoder::ChunkDecoder(ChunkDecoder&&) noexcept = default;
ChunkDecoder& ChunkDecoder::operator=(ChunkDecoder&&) noexcept = default;

ChunkDecoder::Step ChunkDecoder::decode(ByteView input, ByteSpan into) { return parser_->decode(input, into); }

}  // namespace dray::server::engine
