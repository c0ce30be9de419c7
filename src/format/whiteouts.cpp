#include <dray/format/whiteouts.hpp>

namespace dray {

Whiteout classify_whiteout(std::string_view base_name) noexcept {
  constexpr std::string_view prefix = ".wh.";
  if (!base_name.starts_with(prefix)) return {};
  const std::string_view target = base_name.substr(prefix.size());
  if (target == ".wh..opq") return {WhiteoutKind::opaque, {}};
  if (target.starts_with(prefix)) return {WhiteoutKind::aufs_metadata, {}};
  const bool nameless = target.empty() || target == "." || target == "..";
  if (nameless || target.find('/') != std::string_view::npos) return {WhiteoutKind::invalid, {}};
  return {WhiteoutKind::remove, target};
}

}  // namespace dray
