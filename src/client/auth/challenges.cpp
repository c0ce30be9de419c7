#include "challenges.hpp"

#include <algorithm>

namespace dray::client {

const http::Challenge* find_scheme(const std::vector<http::Challenge>& challenges, std::string_view scheme) {
  const auto found = std::find_if(challenges.begin(), challenges.end(),
                                  [&](const http::Challenge& challenge) { return challenge.scheme == scheme; });
  return found == challenges.end() ? nullptr : &*found;
}

bool is_answerable(const std::vector<http::Challenge>& challenges) {
  return find_scheme(challenges, "bearer") != nullptr || find_scheme(challenges, "basic") != nullptr;
}

std::string parameter(const http::Challenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

}  // namespace dray::client
