#include "token_server.hpp"

#include <fmt/format.h>
#include <dray/http/address.hpp>

#include "challenges.hpp"
#include "token_trust.hpp"

namespace dray::client {
namespace {

Error refused(const http::Url& base, const std::string& why) {
  return {ErrorCode::denied, fmt::format("{} names a token server that is refused: {}", base.origin().text(), why)};
}

}  // namespace

Result<TokenServer> token_server(const http::Url& base, http::AddressClass reached, const http::Challenge& challenge,
                                 const TokenServerPolicy& policy) {
  const auto realm = parameter(challenge, "realm");
  if (realm.empty()) {
    return Error(ErrorCode::protocol,
                 fmt::format("{} asks for a token and does not say where to get it", base.origin().text()));
  }
  auto url = base.resolve(realm);
  if (!url) return refused(base, url.error().message());
  const auto origin = url->origin();
  if (base.origin().is_secure() && !origin.is_secure()) {
    return refused(base, fmt::format("{} is not encrypted, while the registry is", origin.text()));
  }
  const bool own = origin == base.origin();
  const auto rule = own || policy.allow_private ? http::AddressRule::any : http::rule_behind(reached);
  const auto literal = http::classify_host(origin.host);
  if (literal && !http::allows(rule, *literal)) {
    return refused(base,
                   fmt::format("{} is a private address and the registry's own is not (--allow-private allows it)",
                               origin.text()));
  }
  return TokenServer{*std::move(url), parameter(challenge, "service"), rule,
                     judge_token_server(base.origin(), origin, policy.named) != TokenServerTrust::none};
}

}  // namespace dray::client
