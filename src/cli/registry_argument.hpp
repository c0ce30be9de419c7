#pragma once

#include <dray/core/reference.hpp>
#include <string>
#include <string_view>

namespace dray::cli {

/// A registry as people write it: `host[:port]`, or a URL such as docker keeps (`https://index.docker.io/v1/`).
[[nodiscard]] Result<Registry> registry_argument(std::string_view text);

/// `REGISTRY[/REPOSITORY]`, an image's name included; `repository` is empty for the whole registry.
struct RegistryPlace {
  Registry registry;
  std::string repository;
};
[[nodiscard]] Result<RegistryPlace> registry_place(std::string_view text);

}  // namespace dray::cli
