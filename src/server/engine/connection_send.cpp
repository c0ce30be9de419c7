#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "engine/connection.hpp"

namespace dray::server::engine {
namespace {

/// What one call moves of a file, so that the others of the loop have their turn.
constexpr std::uint64_t max_file_piece = 1UL << 20U;

ByteView behind(std::string_view text, std::uint64_t at) noexcept {
  return as_bytes(text.substr(std::min<std::uint64_t>(at, text.size())));
}

}  // namespace

Connection::Step Connection::send_interim() {
  auto& out = exchange_->out;
  const auto sent = transport_->send(behind(out.head, out.head_sent), {}, false);
  if (sent.io != Io::done) return wait_for(sent.io);
  moved_ += sent.bytes;
  out.head_sent += sent.bytes;
  if (out.head_sent == out.head.size()) enter(State::body);
  return Step::again;
}

/// What can be sent together with the head, or without looking further.
ByteView Connection::ready_bytes(Outgoing& out) {
  if (!out.sends_body) return {};
  const auto& body = exchange_->response.body;
  if (const auto* const text = std::get_if<std::string>(&body)) return behind(*text, out.body_sent);
  if (const auto* const shared = std::get_if<std::shared_ptr<const std::string>>(&body))
    return *shared ? behind(**shared, out.body_sent) : ByteView();
  if (std::holds_alternative<StreamBody>(body)) return ByteView(out.room.get(), out.piece_end).subspan(out.piece_begin);
  return {};  // a file, even a small one, is sent by itself: that costs less than to read it behind the head
}

Connection::Step Connection::transmit() {
  auto& out = exchange_->out;
  const auto& body = exchange_->response.body;
  const bool streams = out.sends_body && std::holds_alternative<StreamBody>(body);
  if (streams && out.piece_begin == out.piece_end && (!out.stream_ended || out.stream_failed)) return next_piece(out);
  const auto* const file = out.sends_body ? std::get_if<FileBody>(&body) : nullptr;
  const auto head = behind(out.head, out.head_sent);
  const auto ready = ready_bytes(out);
  IoResult sent;
  if (!head.empty() || !ready.empty()) {
    sent = transport_->send(head, ready, file != nullptr && !file->range.empty());
  } else if (file != nullptr && out.body_sent < file->range.size()) {
    const auto begin = file->range.begin + out.body_sent;
    sent = transport_->send_file(file->file.get(), {begin, std::min(file->range.end, begin + max_file_piece)},
                                 loop_.scratch());
  } else {
    return finish_response();
  }
  if (sent.io != Io::done) return wait_for(sent.io);
  account(out, sent.bytes);
  return Step::again;
}

void Connection::account(Outgoing& out, std::size_t bytes) {
  moved_ += bytes;
  const std::size_t of_head = std::min(bytes, out.head.size() - out.head_sent);
  out.head_sent += of_head;
  bytes -= of_head;
  if (!std::holds_alternative<StreamBody>(exchange_->response.body)) {
    out.body_sent += bytes;
    return;
  }
  out.piece_begin += bytes;
  if (out.piece_begin == out.piece_end) out.body_sent += std::exchange(out.piece_bytes, 0);
}

/// The head of a stream waits for the first piece: a stream that fails at once is still an error of ours to tell.
Connection::Step Connection::next_piece(Outgoing& out) {
  if (out.job) return Step::wait;
  if (out.stream_failed) {
    if (out.head_sent > 0) return wait_for(Io::failed);
    refuse({500, "the answer cannot be read"});
    return Step::again;
  }
  out.job = true;
  auto job = [self = shared_from_this()]() mutable {
    self->exchange_->out.read_piece();
    auto& context = self->loop_.context();
    boost::asio::post(context, [self = std::move(self)] { self->piece_read(); });
  };
  if (out.begun) {
    loop_.shared().workers.submit(std::move(job));
  } else if (loop_.shared().workers.offer(std::move(job))) {
    out.begun = true;
  } else {
    out.job = false;
    refuse({503, "the server is busy"});
    return Step::again;
  }
  return Step::wait;
}

void Connection::piece_read() {
  exchange_->out.job = false;
  if (state_ == State::closed) {
    drop_exchange();
  } else {
    advance();
  }
}

void Connection::drop_stream() {
  auto& exchange = *exchange_;
  dispose(std::shared_ptr<ByteSource>(std::move(exchange.out.stream)));
  if (auto* const stream = std::get_if<StreamBody>(&exchange.response.body))
    dispose(std::shared_ptr<ByteSource>(std::move(stream->bytes)));
}

Connection::Step Connection::finish_response() {
  tell_served(true);
  first_ = false;
  const auto left = exchange_->body_left;
  drop_exchange();
  if (close_after_ || loop_.shared().stopping) {
    end_sending(left != std::uint64_t{0} || !pending_.empty());
    return Step::again;
  }
  drain_left_ = *left;
  enter(drain_left_ > 0 ? State::drain : State::head);
  return Step::again;
}

}  // namespace dray::server::engine
