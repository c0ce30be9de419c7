#include <dray/store/content.hpp>

namespace dray {

std::string text(const ManifestName& name) {
  if (const auto* const digest = std::get_if<Digest>(&name)) return digest->text();
  return std::get<std::string>(name);
}

}  // namespace dray
