#pragma once

#include <dray/client/registry_client.hpp>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::client {

/// A list that comes in pages.
struct Listing {
  const Registry& registry;
  std::string path;  ///< Of the first page.
  std::vector<Scope> scopes;
  std::string member;  ///< Of the JSON object that holds the entries; null is an empty list.
  std::string attempted;
};

/// Every entry of every page (pages.hpp), in the registry's order; at most `max_list_entries`. Entries that could not
/// be shown or asked for (empty, control characters, blanks) are `protocol`.
[[nodiscard]] Result<std::vector<std::string>> list_all(RegistryClient& client, const Listing& listing,
                                                        const std::stop_token& stop);

}  // namespace dray::client
