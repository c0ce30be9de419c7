#include "deferred_access.hpp"

#include <dray/server/limits.hpp>
#include <utility>

#include "api_error.hpp"

namespace dray::server {
namespace {

Response denial(const Denied& denied) {
  if (denied.too_many) {
    auto response = refusal(ApiCode::too_many_requests, denied.why);
    response.headers.add("Retry-After", std::to_string(limits::failed_login_window.count()));
    return response;
  }
  auto response = refusal(denied.challenges.empty() ? ApiCode::denied : ApiCode::unauthorized, denied.why);
  for (const auto& challenge : denied.challenges) response.headers.add("WWW-Authenticate", challenge);
  return response;
}

/// Puts the common headers on what another taker answers.
class WithHeaders final : public BodyTaker {
 public:
  explicit WithHeaders(std::unique_ptr<BodyTaker> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] Result<void> write(ByteView bytes) override { return inner_->write(bytes); }
  [[nodiscard]] Response finish() override { return with_headers(inner_->finish()); }
  [[nodiscard]] Response refuse(const Error& error) override { return with_headers(inner_->refuse(error)); }

 private:
  static Response with_headers(Response response) {
    add_common_headers(response);
    return response;
  }
  std::unique_ptr<BodyTaker> inner_;
};

Handled with_common_headers(Handled handled) {
  if (auto* const taker = std::get_if<std::unique_ptr<BodyTaker>>(&handled)) {
    return std::make_unique<WithHeaders>(std::move(*taker));
  }
  return handled;
}

/// Asks for the decision on a worker and then does what the operation does. The request is its own: the engine's is
/// gone by then.
class AfterDecision final : public BodyTaker {
 public:
  AfterDecision(Services& services, const Operation& operation, std::vector<Need> needs, const Call& call)
      : services_(services),
        operation_(operation),
        needs_(std::move(needs)),
        request_(call.request),
        repository_(call.repository),
        last_(call.last) {}

  [[nodiscard]] Result<void> write(ByteView bytes) override {
    decide();
    if (response_) return Error(ErrorCode::denied, "the request is answered already");
    return taker_->write(bytes);
  }
  [[nodiscard]] Response finish() override {
    decide();
    return response_ ? std::move(*response_) : taker_->finish();
  }
  [[nodiscard]] Response refuse(const Error& error) override {
    return response_ ? std::move(*response_) : taker_->refuse(error);
  }

 private:
  void decide() {
    if (response_ || taker_) return;
    const auto decision = services_.access->decide(request_, needs_);
    if (const auto* const denied = std::get_if<Denied>(&decision)) {
      response_ = denial(*denied);
      return;
    }
    Call call{request_, repository_, last_, std::get<Granted>(decision).user};
    auto handled = operation_.handle(services_, call);
    if (auto* const response = std::get_if<Response>(&handled)) {
      response_ = std::move(*response);
    } else {
      taker_ = std::move(std::get<std::unique_ptr<BodyTaker>>(handled));
    }
  }

  Services& services_;
  const Operation& operation_;
  std::vector<Need> needs_;
  Request request_;
  std::string repository_;
  std::string last_;
  std::optional<Response> response_;
  std::unique_ptr<BodyTaker> taker_;
};

class TokenTaker final : public BodyTaker {
 public:
  TokenTaker(Services& services, Request request) : services_(services), request_(std::move(request)) {}
  [[nodiscard]] Result<void> write(ByteView bytes) override {
    if (form_.size() + bytes.size() > limits::max_form_bytes) {
      return Error(ErrorCode::limit_exceeded, "the form is too large");
    }
    form_ += as_text(bytes);
    return {};
  }
  [[nodiscard]] Response finish() override { return services_.access->answer_token(request_, form_); }
  [[nodiscard]] Response refuse(const Error& error) override { return refusal(error, ApiCode::unknown); }

 private:
  Services& services_;
  Request request_;
  std::string form_;
};

}  // namespace

Handled with_access(Services& services, const Operation& operation, std::vector<Need> needs, Call call) {
  const auto decision = services.access->decide_at_once(call.request, needs);
  if (!decision) {
    return with_common_headers(std::make_unique<AfterDecision>(services, operation, std::move(needs), call));
  }
  if (const auto* const denied = std::get_if<Denied>(&*decision)) return denial(*denied);
  call.user = std::get<Granted>(*decision).user;
  return with_common_headers(operation.handle(services, call));
}

Handled answer_token(Services& services, const Request& request) {
  if (request.method != Method::get && request.method != Method::post) {
    auto response = refusal(ApiCode::unsupported, "tokens are asked for with GET or POST");
    response.headers.add("Allow", "GET, POST");
    return response;
  }
  return with_common_headers(std::make_unique<TokenTaker>(services, request));
}

}  // namespace dray::server
