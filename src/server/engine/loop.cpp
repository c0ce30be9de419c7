#include "engine/loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <dray/server/limits.hpp>
#include <exception>
#include <utility>

#include "engine/connection.hpp"
#include "engine/response_head.hpp"
#include "engine/thread_signals.hpp"

namespace dray::server::engine {

Loop::Loop(Shared& shared)
    : shared_(shared),
      work_(boost::asio::make_work_guard(context_)),
      timer_(context_),
      scratch_(new std::byte[limits::scratch_bytes]),
      buffers_(limits::max_transfer_buffers) {
  tell_time();
}

Loop::~Loop() { finish(); }

void Loop::start() {
  boost::asio::post(context_, [this] { sweep_later(); });
  const BlockedSignals blocked;
  thread_ = std::thread([this] { run(); });
}

void Loop::run() noexcept {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception&) {
      // Memory is short: whatever handler it was is lost, and the deadline of its connection ends that.
      continue;
    }
  }
}

void Loop::adopt(Newcomer newcomer) {
  boost::asio::post(context_, [this, newcomer = std::move(newcomer)]() mutable { take(std::move(newcomer)); });
}

void Loop::take(Newcomer newcomer) {
  if (shared_.stopping) return;
  const auto tls = shared_.tls.with([](const auto& context) { return context; });
  if (tls && newcomer.seat.extra()) return;  // a handshake is too dear for a refusal
  auto transport = tls ? tls->make_transport(newcomer.socket.get()) : make_plain_transport(newcomer.socket.get());
  if (!transport) return;
  const auto connection = std::make_shared<Connection>(*this, std::move(newcomer), std::move(transport));
  connection->index = connections_.size();
  connections_.push_back(connection);
  connection->start();
}

void Loop::remove(Connection& connection) {
  const std::size_t index = connection.index;
  connections_[index] = std::move(connections_.back());
  connections_[index]->index = index;
  connections_.pop_back();
}

void Loop::tell_time() {
  now_ = std::chrono::steady_clock::now();
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  date_ = http_date(std::chrono::duration_cast<std::chrono::seconds>(since_1970).count());
}

void Loop::sweep_later() {
  if (finishing_) return;
  timer_.expires_after(shared_.tuning.sweep_interval);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    sweep_later();
    sweep();
  });
}

void Loop::sweep() {
  const auto before = now_;
  tell_time();
  // A pause of our own (a stopped process, a busy loop) is no client's fault.
  const auto passed =
      std::min(std::chrono::duration_cast<std::chrono::milliseconds>(now_ - before), 2 * shared_.tuning.sweep_interval);
  // Backwards, as one that ends is replaced by the last.
  for (std::size_t at = connections_.size(); at-- > 0;) {
    const auto connection = connections_[at];
    connection->sweep(passed);
  }
  buffers_.trim();
}

void Loop::begin_stop() {
  boost::asio::post(context_, [this] {
    for (const auto connections = connections_; const auto& connection : connections) connection->begin_stop();
  });
}

void Loop::cut() {
  boost::asio::post(context_, [this] {
    for (const auto connections = connections_; const auto& connection : connections) connection->cut();
  });
}

void Loop::finish() {
  if (!thread_.joinable()) return;
  boost::asio::post(context_, [this] {
    finishing_ = true;  // a sweep that is due already is not cancelled
    timer_.cancel();
    work_.reset();
  });
  thread_.join();
}

}  // namespace dray::server::engine
