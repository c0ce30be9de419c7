#pragma once

#include "support/image_maker.hpp"
#include "support/registry_state.hpp"

namespace dray::testing {

/// Stores the fixtures under tests/testdata byte for byte; their blobs are promised. Throws std::runtime_error when a
/// file is missing.
void store_fixtures(RegistryState& state);
/// Stores an image, all but its foreign layers, and gives it a tag unless that is empty.
void store_image(RegistryState& state, const std::string& repository, const std::string& tag, const Image& image);
/// An image of the shape of windows/servercore:ltsc2019-amd64: two layers, of which the first is to become foreign.
[[nodiscard]] Image make_servercore();

}  // namespace dray::testing
