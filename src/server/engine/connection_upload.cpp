#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "engine/connection.hpp"

namespace dray::server::engine {

Connection::Step Connection::receive_body() {
  auto& upload = *exchange_->upload;
  const bool complete = exchange_->body_done() || upload.refusal;
  if (complete || upload.full()) {
    if (upload.job) return Step::wait;
    if (upload.refusal && upload.filled == 0) {
      refuse(Refusal(*upload.refusal));
    } else {
      dispatch_piece(upload);
    }
    return Step::again;
  }
  if (!upload.filling) {
    upload.filling = loop_.buffers().take();
    if (!upload.filling) return wait_for_buffer(upload);
  }
  return after_fill(upload, (upload.chunks ? fill_chunked(upload) : fill_plain(upload)).io);
}

Connection::Step Connection::wait_for_buffer(Upload& upload) {
  if (upload.job || upload.waits_for_buffer) return Step::wait;  // the job gives one back
  upload.waits_for_buffer = true;
  loop_.buffers().wait([weak = weak_from_this()](Buffer& buffer) {
    const auto self = weak.lock();
    if (!self || !self->exchange_ || !self->exchange_->upload) return false;
    self->exchange_->upload->waits_for_buffer = false;
    self->exchange_->upload->filling = std::move(buffer);
    self->advance_later();
    return true;
  });
  return Step::wait;
}

IoResult Connection::fill_plain(Upload& upload) {
  const std::size_t most = std::min<std::uint64_t>(limits::transfer_bytes - upload.filled, *exchange_->body_left);
  const ByteSpan room(upload.filling.get() + upload.filled, most);
  IoResult got;
  if (pending_.empty()) {
    got = receive(room);
    if (got.io != Io::done) return got;
  } else {
    got.bytes = std::min(room.size(), pending_.size());
    std::memcpy(room.data(), pending_.data(), got.bytes);
    pending_.erase(0, got.bytes);
  }
  upload.filled += got.bytes;
  *exchange_->body_left -= got.bytes;
  exchange_->received += got.bytes;
  moved_ += got.bytes;
  return got;
}

IoResult Connection::fill_chunked(Upload& upload) {
  const ByteSpan room(upload.filling.get() + upload.filled, limits::transfer_bytes - upload.filled);
  const auto raw = loop_.scratch().first(room.size());
  std::size_t size = pending_.size();
  if (size > 0) std::memcpy(raw.data(), pending_.data(), size);
  if (size == 0 || upload.needs_more) {
    const auto got = receive(raw.subspan(size));
    if (got.io != Io::done) return got;
    size += got.bytes;
  }
  const auto step = upload.chunks->decode(raw.first(size), room);
  upload.needs_more = true;
  pending_.assign(as_text(raw.subspan(step.consumed, size - step.consumed)));
  upload.filled += step.produced;
  exchange_->received += step.produced;
  moved_ += step.consumed;
  if (step.done) exchange_->body_left = 0;
  upload.refusal = step.refusal;
  return {Io::done, size};
}

/// While the client has nothing to say no buffer is held: what came goes to the worker.
Connection::Step Connection::after_fill(Upload& upload, Io io) {
  if (io == Io::done) return Step::again;
  if (io == Io::closed || io == Io::failed) {
    upload.refusal = Refusal{400, "the body ended early"};
    return Step::again;
  }
  if (upload.filled == 0) {
    loop_.buffers().give(std::move(upload.filling));
  } else if (!upload.job) {
    dispatch_piece(upload);
    if (state_ != State::body) return Step::again;
  }
  return wait_for(io);
}

void Connection::dispatch_piece(Upload& upload) {
  upload.piece_size = std::exchange(upload.filled, 0);
  upload.piece = std::move(upload.filling);
  upload.last = exchange_->body_done() && !upload.refusal;
  upload.job = true;
  auto job = [self = shared_from_this()]() mutable {
    self->exchange_->upload->take_piece();
    auto& context = self->loop_.context();
    boost::asio::post(context, [self = std::move(self)] { self->piece_taken(); });
  };
  if (upload.begun) {
    loop_.shared().workers.submit(std::move(job));
  } else if (loop_.shared().workers.offer(std::move(job))) {
    upload.begun = true;
  } else {
    upload.job = false;
    if (upload.piece) loop_.buffers().give(std::move(upload.piece));
    refuse({503, "the server is busy"});
  }
}

void Connection::piece_taken() {
  auto& upload = *exchange_->upload;
  upload.job = false;
  if (upload.piece) loop_.buffers().give(std::move(upload.piece));
  if (state_ == State::closed) {
    drop_exchange();
    return;
  }
  if (upload.failed) {
    refuse({500, "the server failed"});
  } else if (upload.answer) {
    respond(Response(*std::move(upload.answer)));
  }
  advance();
}

void Connection::drop_upload() {
  if (!exchange_->upload) return;
  auto& upload = *exchange_->upload;
  if (upload.filling) loop_.buffers().give(std::move(upload.filling));
  dispose(std::shared_ptr<BodyTaker>(std::move(upload.taker)));
  exchange_->upload.reset();
}

}  // namespace dray::server::engine
