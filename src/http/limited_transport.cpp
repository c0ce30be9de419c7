#include <algorithm>
#include <atomic>
#include <dray/http/limited_transport.hpp>
#include <optional>
#include <utility>

#include "host_slots.hpp"
#include "rate_limiter.hpp"

namespace dray::http {
namespace {

Error stopped() { return {ErrorCode::cancelled, "stopped"}; }

Result<std::size_t> read_at_rate(ByteSource& source, ByteSpan into, RateLimiter* limiter, const std::stop_token& stop) {
  if (limiter == nullptr) return source.read(into);
  DRAY_TRY_ASSIGN(const auto count, source.read(into.first(std::min(into.size(), limiter->piece()))));
  if (count > 0 && !limiter->take(count, stop)) return stopped();
  return count;
}

/// A request body that is read no faster than it may be sent.
class LimitedSource final : public ByteSource {
 public:
  LimitedSource(std::unique_ptr<ByteSource> source, std::shared_ptr<RateLimiter> limiter, std::stop_token stop)
      : source_(std::move(source)), limiter_(std::move(limiter)), stop_(std::move(stop)) {}

  Result<std::size_t> read(ByteSpan into) override { return read_at_rate(*source_, into, limiter_.get(), stop_); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::shared_ptr<RateLimiter> limiter_;
  std::stop_token stop_;
};

/// An answer that is read no faster than it may come, and that keeps its slot until its end.
class LimitedExchange final : public Exchange {
 public:
  LimitedExchange(std::unique_ptr<Exchange> exchange, std::shared_ptr<RateLimiter> limiter,
                  std::optional<HostSlots::Slot> slot, std::stop_token stop)
      : slot_(std::move(slot)), exchange_(std::move(exchange)), limiter_(std::move(limiter)), stop_(std::move(stop)) {}

  [[nodiscard]] const ResponseHead& head() const noexcept override { return exchange_->head(); }

  Result<std::size_t> read(ByteSpan into) override {
    auto count = read_at_rate(*exchange_, into, limiter_.get(), stop_);
    if (!count || (*count == 0 && !into.empty())) slot_.reset();
    return count;
  }

 private:
  std::optional<HostSlots::Slot> slot_;  // first, so that it is given back when the exchange is over
  std::unique_ptr<Exchange> exchange_;
  std::shared_ptr<RateLimiter> limiter_;
  std::stop_token stop_;
};

class LimitedTransport final : public Transport {
 public:
  LimitedTransport(std::shared_ptr<Transport> transport, const TrafficLimits& limits, Clock& clock)
      : transport_(std::move(transport)), max_requests_(limits.requests) {
    if (limits.bytes_per_second > 0) limiter_ = std::make_shared<RateLimiter>(limits.bytes_per_second, clock);
    if (limits.per_host > 0) slots_ = std::make_shared<HostSlots>(limits.per_host);
  }

  Result<std::unique_ptr<Exchange>> send(const Request& request, const std::stop_token& stop) override {
    auto slot = take_slot(request, stop);
    if (!slot) return std::move(slot).error();
    if (max_requests_ > 0 && requests_.fetch_add(1) >= max_requests_) return spent(request);
    auto answer =
        limiter_ && request.body ? transport_->send(at_rate(request, stop), stop) : transport_->send(request, stop);
    if (!answer) return answer;
    // What is over with its head, and what nobody reads but an error's few words, waits for nobody.
    const auto status = (*answer)->head().status;
    if (request.method != Method::get || status < 200 || status > 299) slot->reset();
    return std::make_unique<LimitedExchange>(*std::move(answer), limiter_, *std::move(slot), stop);
  }

 private:
  Result<std::optional<HostSlots::Slot>> take_slot(const Request& request, const std::stop_token& stop) {
    if (!slots_) return std::optional<HostSlots::Slot>();
    const bool reads = request.method == Method::get || request.method == Method::head;
    auto slot = slots_->take(request.url.origin(), reads ? HostSlots::Kind::reads : HostSlots::Kind::writes, stop);
    if (!slot) return stopped();
    return slot;
  }

  Request at_rate(Request request, const std::stop_token& stop) const {
    request.body->open = [open = std::move(request.body->open), limiter = limiter_,
                          stop]() -> Result<std::unique_ptr<ByteSource>> {
      DRAY_TRY_ASSIGN(auto source, open());
      return std::make_unique<LimitedSource>(std::move(source), limiter, stop);
    };
    return request;
  }

  [[nodiscard]] Error spent(const Request& request) const {
    return {ErrorCode::limit_exceeded, std::string(name(request.method)) + " " + request.url.printable().text() +
                                           ": not sent, since the " + std::to_string(max_requests_) +
                                           " requests that --max-requests allows are spent"};
  }

  std::shared_ptr<Transport> transport_;
  const std::uint64_t max_requests_;
  std::atomic<std::uint64_t> requests_ = 0;
  std::shared_ptr<RateLimiter> limiter_;
  std::shared_ptr<HostSlots> slots_;
};

}  // namespace

std::shared_ptr<Transport> limit_traffic(std::shared_ptr<Transport> transport, const TrafficLimits& limits,
                                         Clock& clock) {
  if (!limits.any()) return transport;
  return std::make_shared<LimitedTransport>(std::move(transport), limits, clock);
}

}  // namespace dray::http
