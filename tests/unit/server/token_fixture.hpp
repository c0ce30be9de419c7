#pragma once

#include <dray/format/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access_fixture.hpp"

namespace dray::server {

inline const std::string key = "0123456789abcdef0123456789abcdef";
inline const std::vector<Need> nothing;
inline const std::vector<Need> pull{{"team/app", Action::pull}};
inline const std::vector<Need> push{{"team/app", Action::push}};

/// A token service with tokens on, its key known to the test.
class TokenFixture : public AccessFixture {
 public:
  TokenFixture() { access = open(token_options()); }

  AccessOptions token_options() {
    auto result = options();
    result.tokens = true;
    result.signing_key = folder.write("key", key + "\n");
    return result;
  }

  Response get(std::vector<std::pair<std::string, std::string>> query, const std::string& authorization = "") const {
    auto request = request_with(authorization);
    request.path = "/token";
    request.query = std::move(query);
    return access->answer_token(request, "");
  }
  Response post(const std::string& form, const std::string& type = "application/x-www-form-urlencoded") const {
    auto request = request_with("");
    request.method = Method::post;
    request.path = "/token";
    request.headers.add("Content-Type", type);
    return access->answer_token(request, form);
  }
  std::string token_for(const std::string& user, const std::string& password, const std::string& scope) const {
    return text(get({{"service", "dray"}, {"scope", scope}}, basic(user, password)), "token");
  }
  std::string ask_with(const std::string& token, const std::vector<Need>& needs) const {
    return ask(*access, request_with("Bearer " + token), needs);
  }
  std::string challenge(const std::string& authorization, const std::vector<Need>& needs) const {
    const auto decision = access->decide(request_with(authorization), needs);
    const auto* const denied = std::get_if<Denied>(&decision);
    return denied == nullptr || denied->challenges.size() != 1 ? "" : denied->challenges[0];
  }

  static Json body_of(const Response& response) {
    auto json = Json::parse(std::get<std::string>(response.body));
    return json ? std::move(*json) : Json();
  }
  static std::string text(const Response& response, std::string_view name) {
    const auto body = body_of(response);
    const auto* const member = body.find(name);
    return member == nullptr || member->as_string() == nullptr ? "" : *member->as_string();
  }

  std::shared_ptr<Access> access;
};

}  // namespace dray::server
