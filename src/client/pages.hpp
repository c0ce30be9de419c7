#pragma once

#include <dray/client/registry_client.hpp>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::client {

/// Something that comes in pages.
struct PagedList {
  const Registry& registry;
  std::string path;  ///< Of the first page.
  std::vector<Scope> scopes;
  std::string accept;
  std::string attempted;
  std::size_t max_pages;
};

/// Takes a page's answer, whose status is 200, and reads its body.
using TakesPage = std::function<Result<void>(http::Exchange&)>;

/// Gives every page to `take`, in the registry's order. The next page is where `Link: …; rel="next"` says, on the same
/// origin alone; `n=0` there (ghcr.io) is left out, and the end where no `last` is beside it. At most `max_pages`, and
/// no page twice. Source: distribution-spec 1.1, "Content Discovery".
[[nodiscard]] Result<void> read_pages(RegistryClient& client, const PagedList& list, const TakesPage& take,
                                      const std::stop_token& stop);

}  // namespace dray::client
