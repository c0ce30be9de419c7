#pragma once

#include <set>
#include <string>
#include <vector>

#include "support/answer.hpp"
#include "support/registry_state.hpp"
#include "support/registry_target.hpp"

namespace dray::testing {

/// Every media type of every `Accept` line, lower case, without parameters.
[[nodiscard]] std::set<std::string> accepted_types(const ServerRequest& request);

/// GET and HEAD of a manifest, with the conversions of distribution 2.8: a Docker list asked for by tag by a client
/// that does not accept lists becomes its linux/amd64 image, a Docker image asked for by tag by one that does not
/// accept it becomes schema 1, an OCI document that is not accepted is MANIFEST_UNKNOWN.
[[nodiscard]] Answer answer_manifest(const RegistryState& state, const RegistryTarget& target,
                                     const ServerRequest& request);

/// How pages of a listing are linked, honestly or not.
struct Paging {
  enum class Mode : std::uint8_t {
    honest,
    endless,       ///< Every page has a next one with new entries.
    itself,        ///< Every page says that it is the next one.
    n_zero,        ///< The last page links to an empty one with `n=0`, which links to itself.
    cross_origin,  ///< The next page is on another host.
    null_entries,  ///< `"tags": null`.
  };
  std::size_t page_size = 0;  ///< 0: all entries unless the client gives `n`.
  bool absolute = false;      ///< Whether links are whole URLs.
  Mode mode = Mode::honest;
};

/// One page of `names` (sorted) under `key`, `tags` or `repositories`. `origin` is the registry's own, `other` another.
[[nodiscard]] Answer answer_listing(const ServerRequest& request, const RegistryTarget& target,
                                    const std::vector<std::string>& names, const Paging& paging,
                                    const std::string& origin, const std::string& other);

}  // namespace dray::testing
