#include "registries_location.hpp"

#include "entry_key.hpp"

namespace dray::settings {
namespace {

Error bad(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_input, "'" + std::string(text) + "' is no location: " + why};
}

}  // namespace

Result<Location> parse_location(std::string_view text) {
  if (text.empty()) return Error(ErrorCode::invalid_input, "a location is empty");
  if (text.find("://") != std::string_view::npos) return bad(text, "write it without the scheme");
  auto rest = text;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto slash = rest.find('/');
  const auto registry = Registry::parse(rest.substr(0, slash));
  if (!registry) return bad(text, registry.error().message());
  Location location{registry_key(*registry), {}};
  if (slash == std::string_view::npos) return location;
  location.path = std::string(rest.substr(slash + 1));
  if (const auto valid = check_repository_path(location.path); !valid) return bad(text, valid.error().message());
  return location;
}

Result<std::string> parse_prefix(std::string_view text) {
  if (text.starts_with("*.")) {
    const auto host = text.substr(2);
    if (host.find('/') != std::string_view::npos) return bad(text, "behind '*.' stands a host without a path");
    if (const auto registry = Registry::parse("x." + std::string(host)); !registry) {
      return bad(text, registry.error().message());
    }
    return "*." + lower_case(host);
  }
  const auto slash = text.rfind('/');
  const auto last = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
  if (last.find_first_of(":@") != std::string_view::npos) {
    return Error(ErrorCode::unsupported, "a prefix with a tag or a digest");
  }
  DRAY_TRY_ASSIGN(const auto location, parse_location(text));
  return location.path.empty() ? location.registry : location.registry + "/" + location.path;
}

}  // namespace dray::settings
