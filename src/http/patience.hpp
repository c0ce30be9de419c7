#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/error.hpp>
#include <string>

namespace dray::http {

/// Where an exchange stands; each phase has its own deadline.
enum class Phase : std::uint8_t { connecting, securing, sending, awaiting, receiving };

struct Deadlines {
  std::chrono::milliseconds connect{};
  std::chrono::milliseconds tls{};
  std::chrono::milliseconds first_byte{};
  std::chrono::milliseconds stall{};
};

/// Says when an exchange has waited too long. It is told of every wait and every byte, and knows no clock, so that
/// time which we spend elsewhere (a slow disk, a paused reader) never counts against the peer.
class Patience {
 public:
  explicit Patience(const Deadlines& deadlines) : deadlines_(deadlines) {}

  /// Entering another phase begins its deadline.
  void enter(Phase phase);
  void waited(std::chrono::steady_clock::duration time) { waited_ += time; }
  /// Bytes that went or came in this phase. At the least rate, a whole deadline's worth begins it anew.
  void moved(std::uint64_t bytes);

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  /// How long the next wait may last; zero when the deadline has passed.
  [[nodiscard]] std::chrono::milliseconds left() const;
  /// `timed_out`, with the phase and its deadline.
  [[nodiscard]] Error error() const;

 private:
  [[nodiscard]] std::chrono::milliseconds deadline() const;

  Deadlines deadlines_;
  Phase phase_ = Phase::connecting;
  std::chrono::steady_clock::duration waited_{};
  std::uint64_t moved_ = 0;
};

}  // namespace dray::http
