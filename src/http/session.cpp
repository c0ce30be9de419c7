#include <dray/http/session.hpp>

#include <algorithm>
#include <dray/http/response.hpp>
#include <dray/http/retry.hpp>
#include <set>

namespace dray::http {
namespace {

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Only 307 and 308 promise that the method stays; the older ones mean it for reading alone.
bool is_followed(int status, Method method) {
  if (!is_redirect(status)) return false;
  return method == Method::get || method == Method::head || status == 307 || status == 308;
}

/// One call on its way: its hops, and the tries of each.
class Journey {
 public:
  Journey(const Call& call, Transport& transport, Observer& observer, Clock& clock, Random& random,
          const std::stop_token& stop)
      : call_(call),
        transport_(transport),
        observer_(observer),
        clock_(clock),
        random_(random),
        stop_(stop),
        request_(call.request) {}

  Result<std::unique_ptr<Exchange>> run() {
    visited_.insert(request_.url.text());
    for (int redirects = 0;; ++redirects) {
      DRAY_TRY_ASSIGN(auto exchange, send_hop());
      const auto status = exchange->head().status;
      const auto* const location = exchange->head().headers.find("Location");
      if (!call_.follow || !is_followed(status, request_.method) || location == nullptr) return exchange;
      if (redirects == call_.policy.max_redirects) return too_many();
      DRAY_TRY(turn_to(*location, exchange->head()));
      discard(std::move(exchange));
    }
  }

 private:
  /// The request as this hop may see it.
  Result<void> dress() {
    request_.headers = at_home_ ? call_.request.headers : Headers{};
    for (const auto& [name, value] : call_.everywhere.lines()) request_.headers.add(name, value);
    if (!call_.authorize) return {};
    DRAY_TRY_ASSIGN(auto authorization, call_.authorize(request_.url));
    if (authorization) request_.headers.set("Authorization", *std::move(authorization));
    return {};
  }

  Result<std::unique_ptr<Exchange>> send_hop() {
    DRAY_TRY(dress());
    for (int number = 1;; ++number) {
      auto answer = send_once();
      const auto wait = wait_after(answer, number);
      if (!wait) return answer;
      observer_.on(Observer::Retried{request_.url.printable(), why(answer), *wait, number});
      if (answer) discard(std::move(answer).value());
      if (!clock_.sleep_for(*wait, stop_)) return Error(ErrorCode::cancelled, what() + ": stopped");
    }
  }

  Result<std::unique_ptr<Exchange>> send_once() {
    const auto url = request_.url.printable();
    const bool authorized = request_.headers.find("Authorization") != nullptr;
    observer_.on(Observer::Requested{request_.method, url, authorized, printable(request_.headers)});
    const auto begun = clock_.now();
    auto answer = transport_.send(request_, stop_);
    if (answer) {
      const auto& head = (*answer)->head();
      const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now() - begun);
      observer_.on(Observer::Answered{request_.method, url, head.status, printable(head.headers), elapsed});
    }
    return answer;
  }

  std::optional<std::chrono::milliseconds> wait_after(const Result<std::unique_ptr<Exchange>>& answer, int number) {
    Attempt attempt;
    attempt.method = request_.method;
    attempt.may_repeat = call_.may_repeat;
    attempt.number = number;
    if (answer) {
      attempt.status = (*answer)->head().status;
      if (const auto* const line = (*answer)->head().headers.find("Retry-After")) {
        attempt.retry_after = parse_retry_after(*line, clock_.wall_now());
      }
    } else {
      attempt.error = answer.error().code();
    }
    return retry_wait(attempt, random_.next_unit());
  }

  static std::string why(const Result<std::unique_ptr<Exchange>>& answer) {
    return answer ? "status " + std::to_string((*answer)->head().status) : answer.error().message();
  }

  /// Makes the request that `location` asks for, where the rules allow it.
  Result<void> turn_to(const std::string& location, const ResponseHead& head) {
    const auto from = request_.url;
    auto to = from.resolve(location);
    if (!to) {
      return Error(ErrorCode::protocol, what() + ": the answer " + std::to_string(head.status) +
                                            " leads to a place that cannot be used: " + to.error().message());
    }
    const bool other_origin = to->origin() != from.origin();
    if (from.origin().is_secure() && !to->origin().is_secure()) {
      return Error(ErrorCode::denied, what() + ": it leads from https to " + to->printable().text() +
                                          ", which is not encrypted; this is never followed");
    }
    if (!visited_.insert(to->text()).second) {
      return Error(ErrorCode::protocol,
                   what() + ": the redirects go round in a circle, back to " + to->printable().text());
    }
    if (!call_.policy.allow_private) {
      if (!rule_behind_first_) rule_behind_first_ = rule_behind(head.connected_to);
      request_.addresses = std::max(call_.request.addresses, *rule_behind_first_);
    }
    observer_.on(Observer::Redirected{from.printable(), to->printable(), head.status, other_origin});
    if (to->origin() != call_.request.url.origin()) at_home_ = false;
    request_.shows_certificate = at_home_ && call_.request.shows_certificate;
    request_.url = *std::move(to);
    return {};
  }

  Error too_many() const {
    return Error(ErrorCode::limit_exceeded,
                 what() + ": more than " + std::to_string(call_.policy.max_redirects) + " redirects");
  }
  std::string what() const { return std::string(name(request_.method)) + " " + request_.url.printable().text(); }

  const Call& call_;
  Transport& transport_;
  Observer& observer_;
  Clock& clock_;
  Random& random_;
  const std::stop_token& stop_;
  Request request_;
  /// Still at the first origin. Once left, it stays left: who was elsewhere may have been sent back with intent.
  bool at_home_ = true;
  std::optional<AddressRule> rule_behind_first_;
  std::set<std::string> visited_;
};

}  // namespace

Session::Session(std::shared_ptr<Transport> transport, std::shared_ptr<Observer> observer, Clock& clock, Random& random)
    : transport_(std::move(transport)),
      observer_(observer ? std::move(observer) : std::make_shared<Observer>()),
      clock_(clock),
      random_(random) {}

Result<std::unique_ptr<Exchange>> Session::send(const Call& call, const std::stop_token& stop) {
  return Journey(call, *transport_, *observer_, clock_, random_, stop).run();
}

}  // namespace dray::http
