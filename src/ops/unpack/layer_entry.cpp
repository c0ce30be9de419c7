#include "layer_entry.hpp"

#include <sys/types.h>

#include <dray/format/whiteouts.hpp>
#include <limits>

#include "entry_path.hpp"

namespace dray::ops {

namespace {

Result<void> check_layer_owner(const TarEntry& entry) {
  constexpr auto last = std::numeric_limits<uid_t>::max();  // means "leave it as it is"
  if (entry.uid < last && entry.gid < last) return {};
  return Error(ErrorCode::invalid_input, "the owner of " + shown_path(entry.path) + " is no number that Linux knows");
}

}  // namespace

Result<LayerEntry> read_layer_entry(const TarEntry& entry) {
  using Does = LayerEntry::Does;
  DRAY_TRY_ASSIGN(auto names, split_entry_path(entry.path));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto whiteout = classify_whiteout(names[i]);
    if (whiteout.kind == WhiteoutKind::none) continue;
    if (whiteout.kind == WhiteoutKind::aufs_metadata) return LayerEntry{Does::nothing, {}};
    if (whiteout.kind == WhiteoutKind::invalid || i + 1 < names.size()) {
      return Error(ErrorCode::invalid_input,
                   "the layer holds " + shown_path(entry.path) + ", a whiteout of nothing that could be removed");
    }
    std::string hidden(whiteout.target);
    names.pop_back();
    const auto does = whiteout.kind == WhiteoutKind::opaque ? Does::hide_content : Does::hide;
    return LayerEntry{does, std::move(names), std::move(hidden)};
  }
  DRAY_TRY(check_layer_owner(entry));
  if (names.empty() && entry.type != TarType::directory) {
    return Error(ErrorCode::invalid_input, "the layer replaces the root folder by something else");
  }
  return LayerEntry{Does::put, std::move(names)};
}

Error bad_hard_link(const TarEntry& entry, std::string_view why) {
  return {ErrorCode::invalid_input, "the layer holds the hard link " + shown_path(entry.path) + " to " +
                                        shown_path(entry.link_path) + ", " + std::string(why)};
}

Result<std::vector<std::string>> hard_link_names(const TarEntry& entry) {
  DRAY_TRY_ASSIGN(auto names, split_entry_path(entry.link_path));
  if (names.empty()) return bad_hard_link(entry, "which is a folder");
  return names;
}

}  // namespace dray::ops
