#include "patience.hpp"

#include <fmt/format.h>

#include <dray/http/limits.hpp>

namespace dray::http {
namespace {

/// `10 s`, `250 ms`
std::string text(std::chrono::milliseconds time) {
  if (time.count() % 1000 == 0) return fmt::format("{} s", time.count() / 1000);
  return fmt::format("{} ms", time.count());
}

}  // namespace

void Patience::enter(Phase phase) {
  if (phase == phase_) return;
  phase_ = phase;
  waited_ = {};
  moved_ = 0;
}

void Patience::moved(std::uint64_t bytes) {
  moved_ += bytes;
  const auto enough = limits::min_bytes_per_second * static_cast<std::uint64_t>(deadlines_.stall.count()) / 1000;
  if (moved_ < enough) return;
  moved_ = 0;
  if (phase_ == Phase::sending || phase_ == Phase::receiving) waited_ = {};
}

std::chrono::milliseconds Patience::deadline() const {
  switch (phase_) {
    case Phase::connecting:
      return deadlines_.connect;
    case Phase::securing:
      return deadlines_.tls;
    case Phase::awaiting:
      return deadlines_.first_byte;
    case Phase::sending:
    case Phase::receiving:
      break;
  }
  return deadlines_.stall;
}

std::chrono::milliseconds Patience::left() const {
  const std::chrono::steady_clock::duration whole = deadline();
  if (waited_ >= whole) return {};
  return std::chrono::ceil<std::chrono::milliseconds>(whole - waited_);
}

Error Patience::error() const {
  const auto time = text(deadline());
  switch (phase_) {
    case Phase::connecting:
      return Error(ErrorCode::timed_out, "no connection within " + time);
    case Phase::securing:
      return Error(ErrorCode::timed_out, "no secure connection within " + time);
    case Phase::awaiting:
      return Error(ErrorCode::timed_out, "no answer within " + time);
    case Phase::sending:
      return Error(ErrorCode::timed_out,
                   fmt::format("sending stalled: less than {} bytes/s for {}", limits::min_bytes_per_second, time));
    case Phase::receiving:
      break;
  }
  return Error(ErrorCode::timed_out,
               fmt::format("the answer stalled: less than {} bytes/s for {}", limits::min_bytes_per_second, time));
}

}  // namespace dray::http
