#include "engine/connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>
#include <utility>

namespace dray::server::engine {
namespace {

/// Steps of one connection before the others of its loop have their turn.
constexpr int max_steps = 32;

}  // namespace

Connection::Connection(Loop& loop, Newcomer newcomer, std::unique_ptr<Transport> transport)
    : loop_(loop),
      seat_(std::move(newcomer.seat)),
      descriptor_(std::move(newcomer.socket)),
      socket_(loop.context(), descriptor_.get()),
      transport_(std::move(transport)),
      peer_(std::move(newcomer.peer)) {}

Connection::~Connection() { stop_watching(); }

/// The descriptor is closed by its owner, not by Asio.
void Connection::stop_watching() {
  if (socket_.is_open()) socket_.release();
}

void Connection::start() {
  if (seat_.extra()) {
    begin_exchange();
    exchange_->asked = false;
    refuse({503, "the server has too many connections"});
  } else {
    enter(transport_->secure() ? State::handshake : State::head);
  }
  advance();
}

void Connection::advance() noexcept {
  try {
    for (int steps = 0; state_ != State::closed; ++steps) {
      if (steps == max_steps) {
        advance_later();
        return;
      }
      if (step() == Step::wait) return;
    }
  } catch (const std::exception&) {
    close();
  }
}

Connection::Step Connection::step() {
  switch (state_) {
    case State::handshake:
      return shake_hands();
    case State::head:
      return receive_head();
    case State::interim:
      return send_interim();
    case State::body:
      return receive_body();
    case State::respond:
      return transmit();
    case State::drain:
      return drain();
    case State::linger:
      return linger();
    case State::closed:
      break;
  }
  return Step::wait;
}

void Connection::enter(State state) {
  state_ = state;
  since_ = loop_.now();
  waited_ = std::chrono::milliseconds{0};
  paced_ = false;
}

void Connection::advance_later() {
  boost::asio::post(loop_.context(), [self = shared_from_this()] { self->advance(); });
}

void Connection::wait_readable() {
  if (reading_) return;
  reading_ = true;
  socket_.async_wait(decltype(socket_)::wait_read, [self = shared_from_this()](const boost::system::error_code&) {
    self->reading_ = false;
    self->advance();
  });
}

void Connection::wait_writable() {
  if (writing_) return;
  writing_ = true;
  socket_.async_wait(decltype(socket_)::wait_write, [self = shared_from_this()](const boost::system::error_code&) {
    self->writing_ = false;
    self->advance();
  });
}

Connection::Step Connection::wait_for(Io io) {
  if (io == Io::want_read) {
    wait_readable();
  } else if (io == Io::want_write) {
    wait_writable();
  } else {
    close();
  }
  return Step::wait;
}

IoResult Connection::receive(ByteSpan into) {
  if (drained_) {
    drained_ = false;
    return {Io::want_read, 0};
  }
  const auto got = transport_->receive(into);
  drained_ = got.io == Io::done && got.bytes < into.size() && !transport_->secure();
  return got;
}

Connection::Step Connection::shake_hands() {
  const Io io = transport_->handshake();
  if (io != Io::done) return wait_for(io);
  enter(State::head);
  return Step::again;
}

Connection::Step Connection::drain() {
  const std::size_t at_hand = std::min<std::uint64_t>(drain_left_, pending_.size());
  pending_.erase(0, at_hand);
  drain_left_ -= at_hand;
  if (drain_left_ == 0) {
    enter(State::head);
    return Step::again;
  }
  const auto got = receive(loop_.scratch().first(std::min<std::uint64_t>(drain_left_, limits::scratch_bytes)));
  if (got.io != Io::done) return wait_for(got.io);
  drain_left_ -= got.bytes;
  moved_ += got.bytes;
  return Step::again;
}

/// Closing while the client still sends would reset the connection and may take the answer with it.
Connection::Step Connection::linger() {
  constexpr std::size_t at_a_time = 1UL << 20U;
  const ssize_t got = ::recv(descriptor_.get(), nullptr, at_a_time, MSG_TRUNC | MSG_DONTWAIT);
  if (got > 0) return Step::again;
  if (got < 0 && errno == EINTR) return Step::again;
  return wait_for(got < 0 && (errno == EAGAIN) ? Io::want_read : Io::closed);
}

void Connection::close() {
  if (state_ == State::closed) return;
  tell_served(false);
  state_ = State::closed;
  stop_watching();
  descriptor_.close();
  drop_exchange();
  loop_.remove(*this);
}

bool Connection::worker_is_busy() const noexcept {
  return exchange_ && (exchange_->out.job || (exchange_->upload && exchange_->upload->job));
}

/// What a worker has in hand is dropped when it gives it back.
void Connection::drop_exchange() {
  if (!exchange_ || worker_is_busy()) return;
  drop_upload();
  drop_stream();
  exchange_.reset();
}

void Connection::end_sending(bool client_may_talk) {
  transport_->shut_down();
  if (client_may_talk) {
    enter(State::linger);
  } else {
    close();
  }
}

void Connection::dispose(std::shared_ptr<void> thing) {
  if (thing) loop_.shared().workers.submit([thing = std::move(thing)] {});
}

void Connection::sweep(std::chrono::milliseconds passed) {
  const auto& tuning = loop_.shared().tuning;
  // A deadline is counted from the sweep before.
  const auto elapsed = loop_.now() - since_ - tuning.sweep_interval;
  switch (state_) {
    case State::handshake:
      if (elapsed >= tuning.handshake_deadline) pass_deadline();
      break;
    case State::head:
      if (!first_ && pending_.empty()) {
        if (elapsed >= tuning.idle_deadline) close();
      } else if (elapsed >= tuning.head_deadline) {
        pass_deadline();
      }
      break;
    case State::linger:
      if (elapsed >= tuning.linger_deadline) close();
      break;
    case State::body:
    case State::drain:
    case State::interim:
    case State::respond:
      check_pace(passed);
      break;
    case State::closed:
      break;
  }
}

bool Connection::waits_for_peer() const noexcept {
  if (worker_is_busy() || (exchange_ && exchange_->upload && exchange_->upload->waits_for_buffer)) return false;
  return state_ == State::body || state_ == State::drain ? reading_ : writing_;
}

/// Only time that the peer took counts. What was sent counts once the peer has it.
void Connection::check_pace(std::chrono::milliseconds passed) {
  if (!waits_for_peer()) return;
  const auto& tuning = loop_.shared().tuning;
  std::uint64_t moved = moved_;
  int queued = 0;
  if (state_ == State::respond && ::ioctl(descriptor_.get(), SIOCOUTQ, &queued) == 0 && queued > 0)
    moved -= std::min(moved, static_cast<std::uint64_t>(queued));
  if (!std::exchange(paced_, true)) {
    paced_from_ = moved;
    return;
  }
  waited_ += passed;
  if (waited_ < tuning.stall_deadline) return;
  const auto least = tuning.min_bytes_per_second * static_cast<std::uint64_t>(waited_.count()) / 1000;
  const bool too_slow = moved < paced_from_ + least;
  paced_from_ = moved;
  waited_ = std::chrono::milliseconds{0};
  if (too_slow) pass_deadline();
}

void Connection::pass_deadline() {
  ++loop_.shared().counters.deadlines_passed;
  constexpr Refusal too_slow{408, "the request came too slowly"};
  if (state_ == State::head && !pending_.empty()) {
    begin_exchange();
    refuse_bad(too_slow);
    advance();
  } else if (state_ == State::body) {
    exchange_->upload->refusal = too_slow;
    advance();
  } else {
    close();
  }
}

void Connection::begin_stop() {
  if (state_ == State::head || state_ == State::handshake) {
    close();
  } else if (state_ == State::drain) {
    end_sending(true);
    advance();
  }
}

void Connection::cut() { close(); }

}  // namespace dray::server::engine
