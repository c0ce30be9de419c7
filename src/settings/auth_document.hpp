#pragma once

#include <dray/base/result.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "entry_key.hpp"

namespace dray::settings {

/// What a credential file or a helper holds for somebody.
struct Login {
  std::string username;
  std::string password;
  std::string identity_token;
  std::string registry_token;

  /// docker leaves such an entry where a helper has the secret.
  [[nodiscard]] bool is_empty() const noexcept {
    return (username.empty() || password.empty()) && identity_token.empty() && registry_token.empty();
  }
};

/// One member of `auths`.
struct AuthEntry {
  std::string key;  ///< As it is spelled there.
  EntryKey where;
  Result<Login> login;  ///< An error names the member, never its value; it concerns nobody who needs another entry.
};

/// A credential file, read.
struct AuthDocument {
  std::vector<AuthEntry> entries;
  std::map<std::string, std::string> helper_of;  ///< `credHelpers`: registry key to the helper's name.
  std::string helper_of_all;                     ///< `credsStore`; empty: none.
  std::vector<std::string> ignored;              ///< What was there and is not used, a sentence each.

  /// The entry for exactly that registry and path. Of several spellings the plain one wins, then the first that holds
  /// something. nullptr: none.
  [[nodiscard]] const AuthEntry* find(const EntryKey& where) const;
};

/// Reads docker's `config.json`, containers' `auth.json`, and what `kubectl get secret -o json` writes of pull secrets
/// (one, or a list), told apart by their shape.
/// Errors: `invalid_input` that names line and column, or the member.
[[nodiscard]] Result<AuthDocument> parse_auth_document(std::string_view text);

/// Reads `~/.dockercfg`, whose entries stand at the top.
[[nodiscard]] Result<AuthDocument> parse_legacy_document(std::string_view text);

}  // namespace dray::settings
