#include <dray/settings/docker_config.hpp>

#include <cstdlib>

namespace dray::settings {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

}  // namespace dray::settings
