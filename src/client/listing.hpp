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

/// Every entry of every page, in the registry's order. The next page is where `Link: …; rel="next"` says, on the same
/// origin alone; `n=0` there (ghcr.io) is left out, and the end where no `last` is beside it. At most `max_pages`,
/// `max_list_entries`, and no page twice. Entries that could not be shown or asked for (empty, control characters,
/// blanks) are `protocol`. Source: distribution-spec 1.1, "Content Discovery".
[[nodiscard]] Result<std::vector<std::string>> list_all(RegistryClient& client, const Listing& listing,
                                                        const std::stop_token& stop);

}  // namespace dray::client
