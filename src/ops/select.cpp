#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/verify.hpp>
#include <set>

#include "attestation.hpp"
#include "naming.hpp"

namespace dray::ops {

namespace {

struct Choice {
  Descriptor entry;
  std::string reason;
};

Result<Choice> choose_entry(const Index& index, const Platform& wanted, const std::string& where) {
  std::vector<Descriptor> entries;
  std::vector<Platform> offered;
  for (const auto& entry : index.manifests) {
    if (is_attestation(entry)) continue;
    entries.push_back(entry);
    offered.push_back(entry.platform.value_or(Platform{}));
  }
  if (const auto choice = choose_platform(wanted, offered)) {
    return Choice{entries[choice->position], choice->reason};
  }
  if (entries.size() == 1 && !entries.front().platform) {
    return Choice{entries.front(), "the only entry of its index"};
  }
  return Error(ErrorCode::not_found,
               where + " has no image for " + wanted.text() + "; there are: " + list_platforms(index));
}

/// A manifest on its own is what it is; only its config can tell that it is not what was asked for.
Result<void> check_config_platform(ContentSource& source, const SelectedImage& image,
                                   const std::optional<Platform>& wanted, const std::string& where,
                                   const std::stop_token& stop) {
  if (!wanted || image.platform || !image.manifest.config.media_type.is_config()) return {};
  DRAY_TRY_ASSIGN(const auto bytes, read_blob(source, image.manifest.config, limits::max_config_bytes, stop));
  DRAY_TRY_ASSIGN(const auto config, ImageConfig::parse(bytes));
  if (config.platform.os.empty() || matches(*wanted, config.platform)) return {};
  return Error(ErrorCode::not_found,
               where + " has no image for " + wanted->text() + "; it is a single image for " + config.platform.text());
}

}  // namespace

Result<FetchedManifest> fetch_manifest(ContentSource& source, const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto raw, source.get_manifest(name, stop));
  auto parsed = parse_manifest(raw.bytes, raw.descriptor.media_type.text());
  if (!parsed) return std::move(parsed).error().context("manifest " + full_name(source, name));
  return FetchedManifest{std::move(raw), std::move(parsed).value()};
}

Result<SelectedImage> select_image(ContentSource& source, const ManifestName& name,
                                   const std::optional<Platform>& platform, const std::stop_token& stop) {
  const auto where = full_name(source, name);
  const auto wanted = platform.value_or(Platform::host());
  std::vector<Descriptor> path;
  std::set<Digest> seen;
  std::optional<Platform> chosen_platform;
  std::string reason = "it is a single image";
  ManifestName next = name;
  while (true) {
    DRAY_TRY_ASSIGN(auto fetched, fetch_manifest(source, next, stop));
    path.push_back(fetched.raw.descriptor);
    if (auto* manifest = std::get_if<Manifest>(&fetched.parsed)) {
      SelectedImage image{std::move(fetched.raw), std::move(*manifest), std::move(chosen_platform), std::move(reason),
                          std::move(path)};
      DRAY_TRY(check_config_platform(source, image, platform, where, stop));
      return image;
    }
    const auto* index = std::get_if<Index>(&fetched.parsed);
    if (index == nullptr) {
      return Error(ErrorCode::unsupported, where +
                                               " is a Docker schema 1 manifest, which has no config and no sizes; "
                                               "make a current image of it with dray convert, and name no platform");
    }
    if (path.size() > limits::max_index_depth || !seen.insert(fetched.raw.descriptor.digest).second) {
      return Error(ErrorCode::limit_exceeded,
                   where + " is an index inside more than " + std::to_string(limits::max_index_depth) + " others");
    }
    DRAY_TRY_ASSIGN(auto choice, choose_entry(*index, wanted, where));
    if (choice.entry.platform) chosen_platform = choice.entry.platform;
    reason = std::move(choice.reason);
    next = choice.entry.digest;
  }
}

}  // namespace dray::ops
