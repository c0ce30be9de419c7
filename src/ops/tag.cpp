#include <dray/ops/tag.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <dray/core/reference.hpp>

namespace dray::ops {

namespace {

Result<void> check_tag(const std::string& tag) {
  auto parsed = parse_tag(tag);
  if (parsed) return {};
  if (tag.find_first_of("/:@") == std::string::npos) return std::move(parsed).error();
  return Error(ErrorCode::invalid_input,
               parsed.error().message() + "; `dray copy` brings an image to another repository");
}

/// What the tag points at; nullopt where there is none.
Result<std::optional<Digest>> standing_at(ContentStore& store, const std::string& tag, const std::stop_token& stop) {
  auto found = store.resolve(tag, stop);
  if (found) return std::optional(std::move(found->digest));
  if (found.error().code() == ErrorCode::not_found) return std::optional<Digest>();
  return std::move(found).error();
}

Result<SetTag> set_one(ContentStore& store, const std::string& tag, const RawManifest& image,
                       const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto was, standing_at(store, tag, stop));
  if (was != image.descriptor.digest) DRAY_TRY(store.set_tag(tag, image, stop));
  return SetTag{tag, std::move(was)};
}

Error with_what_was_done(Error error, const std::vector<SetTag>& done) {
  if (done.empty()) return error;
  std::vector<std::string> names;
  std::ranges::transform(done, std::back_inserter(names), &SetTag::tag);
  return std::move(error).context(
      fmt::format("after {} {} set", fmt::join(names, ", "), names.size() == 1 ? "was" : "were"));
}

}  // namespace

Result<TagImageReport> tag_image(ContentStore& store, const ManifestName& name, const std::vector<std::string>& tags,
                                 const std::stop_token& stop) {
  for (const auto& tag : tags) DRAY_TRY(check_tag(tag));
  DRAY_TRY_ASSIGN(const auto image, store.get_manifest(name, stop));
  TagImageReport report{image.descriptor, {}};
  for (const auto& tag : tags) {
    if (std::ranges::find(report.tags, tag, &SetTag::tag) != report.tags.end()) continue;
    auto set = set_one(store, tag, image, stop);
    if (!set) return with_what_was_done(std::move(set).error(), report.tags);
    report.tags.push_back(*std::move(set));
  }
  return report;
}

}  // namespace dray::ops
