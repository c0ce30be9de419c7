#pragma once

#include <dray/base/clock.hpp>
#include <dray/http/limits.hpp>
#include <dray/http/observer.hpp>
#include <dray/http/transport.hpp>
#include <functional>
#include <memory>
#include <stop_token>

namespace dray::http {

/// Gives the value of `Authorization` for one hop; nullopt for none. Called once for each hop, so it is what
/// binds a secret to an origin.
using Authorize = std::function<Result<std::optional<std::string>>(const Url& url)>;

/// What a redirect, a realm, an upload location or a `urls` entry may lead to.
struct HopPolicy {
  /// Private, link-local and loopback addresses are allowed although the first host was none (`--allow-private`).
  bool allow_private = false;
  int max_redirects = limits::max_redirects;
};

/// A request that may take several hops and several tries.
struct Call {
  Request request;          ///< `headers` go to the first origin only, see `everywhere`.
  Headers everywhere;       ///< Harmless headers (`Accept`, `Range`) that every hop gets.
  Authorize authorize;      ///< Unset: never.
  bool follow = true;       ///< False: a redirect is given back as the answer.
  bool may_repeat = false;  ///< See `Attempt::may_repeat`.
  HopPolicy policy;
};

/// Retries and redirects over a transport. Safe from many threads.
/// - A redirect (301, 302, 303, 307, 308) is followed for GET and HEAD, 307 and 308 for a body that repeats;
///   `request.headers` and the authorization stay with their origin; https never becomes http; a hop to a
///   private address needs a first answer from that class or `allow_private`; loops and long chains end.
/// - A try is repeated as `retry_wait` says. What a 401 means is the caller's affair.
class Session {
 public:
  Session(std::shared_ptr<Transport> transport, std::shared_ptr<Observer> observer, Clock& clock, Random& random);

  /// Every final status is a good result; see `answer_error` for what a status means.
  [[nodiscard]] Result<std::unique_ptr<Exchange>> send(const Call& call, const std::stop_token& stop);

  [[nodiscard]] Clock& clock() noexcept { return clock_; }

 private:
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<Observer> observer_;
  Clock& clock_;
  Random& random_;
};

}  // namespace dray::http
