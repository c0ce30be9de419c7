#include "layer_supply.hpp"

#include <condition_variable>
#include <dray/store/verify.hpp>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "../bring.hpp"
#include "layer_reading.hpp"

namespace dray::ops {

namespace {

class Direct final : public LayerSupply {
 public:
  Direct(ContentSource& source, const std::vector<Descriptor>& layers, const CopyOptions& options)
      : reading_(source, options.observer, options.clock, options.random) {
    reading_.plan(layers);
  }
  Result<void> read(const Descriptor& layer, const DiffId& diff_id, const ArchiveUse& use,
                    const std::stop_token& stop) override {
    return reading_.read(layer, diff_id, use, stop);
  }
  [[nodiscard]] std::uint64_t bytes_transferred() const override { return 0; }

 private:
  LayerReading reading_;
};

/// What the thread that brings tells the one that unpacks.
class Arrivals final : public Observer {
 public:
  explicit Arrivals(std::shared_ptr<Observer> next) : next_(std::move(next)) {}

  void on(const Planned& event) override { pass_on(event); }
  void on(const Started& event) override { pass_on(event); }
  void on(const Progress& event) override { pass_on(event); }
  void on(const Decided& event) override { pass_on(event); }
  void on(const Finished& event) override {
    {
      const std::lock_guard lock(mutex_);
      there_.insert(event.blob.digest);
    }
    changed_.notify_all();
    pass_on(event);
  }
  void end(Result<Brought> brought) {
    {
      const std::lock_guard lock(mutex_);
      brought_.emplace(std::move(brought));
    }
    changed_.notify_all();
  }

  /// Until the layer is there, or nothing comes any more.
  Result<void> wait_for(const Descriptor& layer, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return there_.contains(layer.digest) || brought_.has_value(); });
    if (there_.contains(layer.digest)) return {};
    if (brought_ && !*brought_) return brought_->error();
    if (brought_) return {};
    return Error(ErrorCode::cancelled, "stopped");
  }
  /// Known when all is there.
  std::uint64_t bytes_transferred() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return brought_.has_value(); });
    return *brought_ ? (*brought_)->bytes_transferred : 0;
  }

 private:
  template <class Event>
  void pass_on(const Event& event) {
    if (next_) next_->on(event);
  }

  const std::shared_ptr<Observer> next_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<Digest> there_;                  // under mutex_
  std::optional<Result<Brought>> brought_;  // under mutex_
};

class Through final : public LayerSupply {
 public:
  Through(ContentSource& source, ContentStore& store, std::vector<Descriptor> layers, CopyOptions options,
          const std::stop_token& stop)
      : store_(store), arrivals_(std::make_shared<Arrivals>(options.observer)) {
    options.observer = arrivals_;
    bringing_ = std::jthread([this, &source, layers = std::move(layers), options = std::move(options),
                              outer = stop](const std::stop_token& own) {
      std::stop_source either;
      const std::stop_callback on_outer(outer, [&either] { either.request_stop(); });
      const std::stop_callback on_own(own, [&either] { either.request_stop(); });
      arrivals_->end(bring(source, layers, store_, options, either.get_token()));
    });
  }

  Result<void> read(const Descriptor& layer, const DiffId& diff_id, const ArchiveUse& use,
                    const std::stop_token& stop) override {
    DRAY_TRY(arrivals_->wait_for(layer, stop));
    DRAY_TRY_ASSIGN(auto opened, store_.open_blob(layer, std::nullopt, stop));
    return read_archive(layer, diff_id, verify(std::move(opened.bytes), layer), use);
  }
  [[nodiscard]] std::uint64_t bytes_transferred() const override { return arrivals_->bytes_transferred(); }

 private:
  ContentStore& store_;
  const std::shared_ptr<Arrivals> arrivals_;
  std::jthread bringing_;
};

}  // namespace

std::unique_ptr<LayerSupply> supply_directly(ContentSource& source, const std::vector<Descriptor>& layers,
                                             const CopyOptions& options) {
  return std::make_unique<Direct>(source, layers, options);
}

std::unique_ptr<LayerSupply> supply_through(ContentSource& source, ContentStore& store,
                                            const std::vector<Descriptor>& layers, const CopyOptions& options,
                                            const std::stop_token& stop) {
  return std::make_unique<Through>(source, store, layers, options, stop);
}

}  // namespace dray::ops
