#include <fmt/format.h>

#include <condition_variable>
#include <dray/app/serve.hpp>
#include <dray/http/address.hpp>
#include <dray/server/access_log.hpp>
#include <dray/server/limits.hpp>
#include <dray/server/metrics.hpp>
#include <mutex>
#include <thread>

#include "upstreams.hpp"

namespace dray {
namespace {

constexpr std::chrono::seconds purge_every = std::chrono::hours(1);
/// A worker may wait for an upstream's bytes, so that there must be more of them.
constexpr std::size_t pull_through_workers = 64;

/// An unspecified address, which leads here when it is connected to, is every address when it is listened at.
bool is_this_machine(const std::string& host) {
  if (host == "::" || host.starts_with("0.")) return false;
  const auto where = http::classify_host(host);
  return where && *where == http::AddressClass::loopback;
}

Result<void> check(const ServeOptions& options) {
  const bool content = options.role == ServeOptions::Role::content;
  if (content != options.registry.content_only.has_value()) {
    return Error(ErrorCode::invalid_input, "the role 'content' and the key of its links go together");
  }
  if (content && (options.access || !options.upstreams.empty() || options.mirror_of || options.collect_every)) {
    return Error(ErrorCode::invalid_input,
                 "the role 'content' only gives blobs away: no users, no upstreams, no collection");
  }
  if (!options.access && !content && !options.anyone && !is_this_machine(options.engine.host)) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("listening at {} would let anybody push and delete: name users (--htpasswd FILE), or say "
                             "that this is meant (--anyone)",
                             options.engine.host));
  }
  return {};
}

/// Runs something again and again on a thread of its own.
class Repeating {
 public:
  Repeating(std::chrono::seconds every, std::function<void(const std::stop_token&)> work)
      : thread_([this, every, work = std::move(work)](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, stop, every, [&] { return stop.stop_requested(); })) work(stop);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it is joined before what it uses is gone
};

class Server final : public RegistryServer {
 public:
  Server(const ServeOptions& options, std::shared_ptr<RegistryFolder> folder)
      : folder_(std::move(folder)), notes_(options.notes) {
    if (options.access_log >= 0) log_ = server::AccessLog::make(options.access_log, system_clock());
  }

  ~Server() override { engine_.reset(); }

  Result<void> start(const ServeOptions& options) {
    auto access = server::open_access();
    if (options.access) {
      DRAY_TRY_ASSIGN(access, server::password_access(*options.access, system_clock()));
    }
    std::shared_ptr<server::UpstreamProvider> upstreams;
    auto engine_options = options.engine;
    if (!options.upstreams.empty() || options.mirror_of) {
      upstreams = make_upstreams(options);
      if (engine_options.workers == 0) engine_options.workers = pull_through_workers;
    }
    auto service = server::make_registry_service(
        folder_, std::move(access), std::move(upstreams), options.registry, system_clock(),
        [this] { return metrics_.text(engine_ ? engine_->counts() : server::EngineCounts{}); });
    DRAY_TRY_ASSIGN(engine_,
                    server::Engine::start(engine_options, std::move(service), [this](const server::Served& served) {
                      metrics_.count(served);
                      if (log_) log_->note(served);
                    }));
    start_housekeeping(options);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return engine_->port(); }
  [[nodiscard]] std::string address() const override { return engine_->address(); }
  [[nodiscard]] RegistryFolder& storage() override { return *folder_; }
  [[nodiscard]] Result<void> reload() override { return engine_->reload_tls(); }
  void stop() override {
    collecting_.reset();
    purging_.reset();
    engine_->stop();
  }

 private:
  void start_housekeeping(const ServeOptions& options) {
    if (options.role == ServeOptions::Role::content) return;
    purging_ = std::make_unique<Repeating>(purge_every, [this](const std::stop_token&) {
      const auto purged = folder_->purge_uploads(server::limits::upload_age);
      if (!purged) note("old uploads could not be removed: " + purged.error().message());
      if (purged && *purged > 0) note(fmt::format("{} old uploads removed", *purged));
    });
    if (!options.collect_every) return;
    collecting_ = std::make_unique<Repeating>(
        *options.collect_every, [this, collect = options.collect](const std::stop_token& stop) {
          const auto report = folder_->collect(collect, stop);
          if (report) {
            note(fmt::format("collection: {} blobs of {} bytes removed, {} kept", report->removed.size(),
                             report->removed_bytes, report->kept_blobs));
          } else if (report.error().code() != ErrorCode::cancelled) {
            note("the collection failed: " + report.error().message());
          }
        });
  }

  void note(const std::string& text) const {
    if (notes_) notes_(text);
  }

  const std::shared_ptr<RegistryFolder> folder_;
  const std::function<void(const std::string&)> notes_;
  server::Metrics metrics_;
  std::unique_ptr<server::AccessLog> log_;
  std::unique_ptr<server::Engine> engine_;
  std::unique_ptr<Repeating> purging_;
  std::unique_ptr<Repeating> collecting_;
};

}  // namespace

Result<std::unique_ptr<RegistryServer>> RegistryServer::start(const ServeOptions& options) {
  DRAY_TRY(check(options));
  RegistryFolderOptions folder_options;
  folder_options.use = options.role == ServeOptions::Role::content ? RegistryFolderOptions::Use::read
                                                                   : RegistryFolderOptions::Use::write;
  folder_options.mode = options.store_mode;
  folder_options.grace = options.grace;
  DRAY_TRY_ASSIGN(auto folder, RegistryFolder::open(options.directory, folder_options, system_clock()));
  auto server = std::make_unique<Server>(options, std::shared_ptr<RegistryFolder>(std::move(folder)));
  DRAY_TRY(server->start(options));
  return std::unique_ptr<RegistryServer>(std::move(server));
}

}  // namespace dray
