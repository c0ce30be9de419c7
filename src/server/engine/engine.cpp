#include <dray/server/engine.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/listener.hpp"
#include "engine/loop.hpp"
#include "engine/shared.hpp"
#include "engine/tuning.hpp"

namespace dray::server {
namespace engine {
namespace {

/// Descriptors kept for everything but connections: the log, the storage's own, libraries.
constexpr std::size_t reserved_descriptors = 64;

/// A connection may have a file open too; three of four descriptors are sockets.
std::size_t connections_for_descriptors() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  const std::size_t descriptors = std::max<std::size_t>(limit.rlim_cur, 2 * reserved_descriptors);
  return (descriptors - reserved_descriptors) / 4 * 3;
}

std::size_t cores() noexcept { return std::max(1U, std::thread::hardware_concurrency()); }

/// Workers mostly wait: for the disk, or for an upstream.
std::size_t default_workers() noexcept { return std::clamp<std::size_t>(8 * cores(), 16, 128); }

class EngineOfLoops final : public Engine {
 public:
  EngineOfLoops(EngineOptions options, const Tuning& tuning, std::shared_ptr<Service> service, ServedCallback served)
      : options_(std::move(options)),
        shared_(tuning, options_.workers > 0 ? options_.workers : default_workers(), std::move(service),
                std::move(served)) {}
  ~EngineOfLoops() override { stop_within(std::chrono::seconds{0}); }

  Result<void> open() {
    DRAY_TRY(reload_tls());
    const std::size_t loops = options_.loops > 0 ? options_.loops : cores();
    for (std::size_t made = 0; made < loops; ++made) loops_.push_back(std::make_unique<Loop>(shared_));
    const auto most = options_.max_connections > 0 ? options_.max_connections : connections_for_descriptors();
    DRAY_TRY_ASSIGN(listener_, Listener::open(shared_, options_.host, options_.port, most, loops_));
    try {
      for (const auto& loop : loops_) loop->start();
    } catch (const std::system_error& failure) {
      listener_.reset();
      return Error(ErrorCode::io, std::string("cannot start the server's threads: ") + failure.what());
    }
    boost::asio::post(loops_.front()->context(), [this] { listener_->start(); });
    return {};
  }

  std::uint16_t port() const override { return listener_->port(); }
  std::string address() const override { return listener_->address(); }

  EngineCounts counts() const override {
    const auto& counters = shared_.counters;
    return {counters.connections_now, counters.connections_accepted, counters.connections_refused,
            counters.deadlines_passed, counters.bad_requests};
  }

  Result<void> reload_tls() override {
    if (!options_.tls) return {};
    DRAY_TRY_ASSIGN(auto context, TlsContext::load(*options_.tls));
    shared_.tls.with([&](auto& current) { current.swap(context); });
    return {};
  }

  void stop() override { stop_within(options_.stop_deadline); }

 private:
  void stop_within(std::chrono::seconds deadline) {
    const std::lock_guard lock(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    const auto until = std::chrono::steady_clock::now() + deadline;
    shared_.stopping = true;
    if (listener_) stop_listening();
    for (const auto& loop : loops_) loop->begin_stop();
    if (!shared_.live.wait_for_none(until)) {
      for (const auto& loop : loops_) loop->cut();
      shared_.live.wait_for_none();
    }
    shared_.workers.stop();
    for (const auto& loop : loops_) loop->finish();
  }

  void stop_listening() {
    std::promise<void> closed;
    boost::asio::post(loops_.front()->context(), [&] {
      listener_->close();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  const EngineOptions options_;
  Shared shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<Listener> listener_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Engine>> start(const EngineOptions& options, const Tuning& tuning,
                                      std::shared_ptr<Service> service, ServedCallback served) {
  auto engine = std::make_unique<EngineOfLoops>(options, tuning, std::move(service), std::move(served));
  DRAY_TRY(engine->open());
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace engine

Result<std::unique_ptr<Engine>> Engine::start(const EngineOptions& options, std::shared_ptr<Service> service,
                                              ServedCallback served) {
  return engine::start(options, engine::Tuning{}, std::move(service), std::move(served));
}

}  // namespace dray::server
