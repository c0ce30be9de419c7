#pragma once

#include <dray/base/guarded.hpp>
#include <dray/ops/observer.hpp>
#include <memory>
#include <utility>

namespace dray::ops {

/// Makes one operation of several: their plans are added up, everything else is passed on.
class SummedObserver final : public Observer {
 public:
  explicit SummedObserver(std::shared_ptr<Observer> inner) : inner_(std::move(inner)) {}

  void on(const Planned& event) override {
    const auto sums = sums_.with([&](Planned& so_far) {
      so_far.blobs += event.blobs;
      so_far.bytes += event.bytes;
      so_far.present_blobs += event.present_blobs;
      so_far.present_bytes += event.present_bytes;
      return so_far;
    });
    inner_->on(sums);
  }
  void on(const Started& event) override { inner_->on(event); }
  void on(const Progress& event) override { inner_->on(event); }
  void on(const Finished& event) override { inner_->on(event); }
  void on(const Decided& event) override { inner_->on(event); }

 private:
  std::shared_ptr<Observer> inner_;
  Guarded<Planned> sums_;
};

}  // namespace dray::ops
