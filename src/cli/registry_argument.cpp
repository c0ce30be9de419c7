#include "registry_argument.hpp"

namespace dray::cli {
namespace {

std::string_view without_scheme(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return text;
}

std::string_view without_api(std::string_view text) {
  for (const std::string_view path : {"/v1/", "/v2/", "/"}) {
    if (text.ends_with(path)) return text.substr(0, text.size() - path.size());
  }
  return text;
}

// Such a word is never repeated.
Result<std::string_view> name_in(std::string_view text) {
  const auto name = without_api(without_scheme(text));
  if (name.substr(0, name.find('/')).find('@') == std::string_view::npos) return name;
  return Error(ErrorCode::invalid_input,
               "what stands before the '@' looks like a credential: name the registry alone, and use --username and "
               "--password-stdin");
}

}  // namespace

Result<Registry> registry_argument(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto name, name_in(text));
  return Registry::parse(name);
}

Result<RegistryPlace> registry_place(std::string_view text) {
  DRAY_TRY_ASSIGN(const auto name, name_in(text));
  if (auto registry = Registry::parse(name)) return RegistryPlace{*std::move(registry), {}};
  DRAY_TRY_ASSIGN(const auto reference, Reference::parse(name));
  return RegistryPlace{reference.registry(), reference.repository()};
}

}  // namespace dray::cli
