#include "manifest_name.hpp"

#include <dray/core/reference.hpp>

namespace dray::server {

Result<ManifestName> parse_manifest_name(const std::string& text) {
  if (text.find(':') != std::string::npos) {
    DRAY_TRY_ASSIGN(const auto digest, Digest::parse(text));
    return ManifestName(digest);
  }
  DRAY_TRY_ASSIGN(auto tag, parse_tag(text));
  return ManifestName(std::move(tag));
}

}  // namespace dray::server
