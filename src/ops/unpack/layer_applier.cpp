#include "layer_applier.hpp"

#include <dray/base/stop.hpp>
#include <functional>

#include "layer_entry.hpp"

namespace dray::ops {

namespace {

/// Two names of a folder that meet here would be taken for one another by a whiteout alone, and both are the layer's
/// own.
std::uint64_t name_key(const Folder& above, const std::string& name) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  return std::hash<std::string>{}(name) ^ ((static_cast<std::uint64_t>(above.inode) + 1) * golden);
}

}  // namespace

void LayerApplier::note(const Folder& above, const std::string& name) {
  if (!is_base_) names_.insert(name_key(above, name));
}

bool LayerApplier::is_of_this_layer(const Folder& above, const std::string& name) const {
  return names_.contains(name_key(above, name));
}

Result<void> LayerApplier::apply(ByteSource& tar, const std::stop_token& stop) {
  TarReader reader(tar);
  names_.clear();
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) break;
    ++entries_;
    DRAY_TRY(apply_entry(*entry, reader));
  }
  is_base_ = false;
  return {};
}

Result<void> LayerApplier::apply_entry(const TarEntry& entry, TarReader& data) {
  DRAY_TRY_ASSIGN(const auto asked, read_layer_entry(entry));
  switch (asked.does) {
    case LayerEntry::Does::nothing:
      return {};
    case LayerEntry::Does::hide:
      return hide(asked.names, asked.hidden);
    case LayerEntry::Does::hide_content:
      return hide(asked.names, std::nullopt);
    case LayerEntry::Does::put:
      break;
  }
  DRAY_TRY_ASSIGN(const auto above, writer_.put(asked.names, entry, data));
  if (above != nullptr) note(*above, asked.names.back());
  return {};
}

/// Removes what lower layers brought of a name, or of all names.
Result<void> LayerApplier::hide(const std::vector<std::string>& folder, const std::optional<std::string>& name) {
  if (is_base_) return {};
  DRAY_TRY_ASSIGN(const auto above, writer_.tree().find(folder));
  if (above == nullptr) return {};
  std::vector<std::string> names;
  if (name) {
    names.push_back(*name);
  } else {
    DRAY_TRY_ASSIGN(names, names_in(*above));
  }
  writer_.tree().forget();
  const auto keeps = [this](const Folder& at, const std::string& one) { return is_of_this_layer(at, one); };
  for (const auto& one : names) DRAY_TRY(remove_all(*above, one, keeps));
  return {};
}

}  // namespace dray::ops
