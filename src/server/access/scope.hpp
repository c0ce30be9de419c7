#pragma once

#include <dray/base/result.hpp>
#include <dray/server/access.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dray::server {

/// What a token is asked for or good for: `repository:team/app:pull,push`, `registry:catalog:*`.
struct Scope {
  std::string type;  ///< Without a class in parentheses, which no rule here looks at.
  std::string name;
  std::vector<std::string> actions;  ///< Each once, in order.

  friend bool operator==(const Scope&, const Scope&) = default;
};

/// Reads scopes; one text may hold several, apart by blanks, or by the `+` that forms write for a blank. Two for one
/// thing become one. Errors: `invalid_input`; `limit_exceeded` for more than `max_scopes`.
/// Source: distribution, docs/spec/auth/scope.md, "Resource Scope Grammar".
[[nodiscard]] Result<std::vector<Scope>> parse_scopes(std::span<const std::string_view> texts);
/// As in requests and answers; several apart by blanks.
[[nodiscard]] std::string scope_text(std::span<const Scope> scopes);

/// What a client has to ask for to get these needs; with `push` comes `pull`, which every push looks around with.
[[nodiscard]] std::vector<Scope> scopes_for(std::span<const Need> needs);
/// Whether one of the scopes holds the need.
[[nodiscard]] bool covers(std::span<const Scope> scopes, const Need& need) noexcept;

}  // namespace dray::server
