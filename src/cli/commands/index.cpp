#include <dray/ops/append.hpp>
#include <dray/ops/change_index.hpp>

#include "../context.hpp"
#include "../key_value.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<ops::Annotations> annotations_of(const Input& input, std::string_view option) {
  ops::Annotations annotations;
  for (const auto& annotation : input.all(option)) {
    DRAY_TRY_ASSIGN(auto pair, key_and_value(option, annotation));
    annotations.push_back(std::move(pair));
  }
  return annotations;
}

/// The images that become members, in places that stay open as long as this.
struct Members {
  std::vector<OpenedSource> places;
  std::vector<ops::IndexMember> list;
};

Result<Members> open_members(Context& context, const Input& input, const std::optional<Platform>& platform) {
  Members members;
  for (const auto& image : input.all_arguments("MEMBER")) {
    DRAY_TRY_ASSIGN(auto place, context.open_source(image));
    members.list.push_back({place.source.get(), place.name, platform});
    members.places.push_back(std::move(place));
  }
  return members;
}

// ---- create ---------------------------------------------------------------------------------------------------

Result<int> create(Context& context, const Input& input) {
  ops::IndexCreateOptions options;
  options.docker_types = input.has("--docker");
  DRAY_TRY_ASSIGN(options.annotations, annotations_of(input, "--annotation"));
  DRAY_TRY_ASSIGN(const auto members, open_members(context, input, std::nullopt));
  DRAY_TRY_ASSIGN(const auto sink, context.open_sink_for_new(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto made, ops::create_index(members.list, *sink.sink, sink.tag, options, context.stop()));
  DRAY_TRY(sink.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) { return made.digest.text() + "\n"; };
  view.json = [&] { return descriptor_json(made); };
  return context.output().show(view);
}

// ---- what changes one that is there ---------------------------------------------------------------------------

Json descriptors(const std::vector<Descriptor>& list) {
  Json::Array array;
  for (const auto& descriptor : list) array.push_back(descriptor_json(descriptor));
  return array;
}

Result<int> change(Context& context, const Input& input, const ops::IndexChanges& changes) {
  const auto& image = input.argument("IMAGE");
  DRAY_TRY_ASSIGN(const auto place, context.open_store(image));
  const auto* const tag = std::get_if<std::string>(&place.name);
  if (tag == nullptr) {
    return Error(ErrorCode::invalid_input,
                 "'" + image + "' names no tag, and an index that is changed is another one: name the tag to set");
  }
  DRAY_TRY_ASSIGN(const auto changed, ops::change_index(*place.store, *tag, changes, context.stop()));
  DRAY_TRY(place.store->finish(context.stop()));
  if (changed.now == changed.was) context.note("dray: nothing was to change: it is so already");
  View view;
  view.table = [&](bool) { return changed.now.digest.text() + "\n"; };
  view.json = [&] {
    auto json = descriptor_json(changed.now);
    json.set("was", changed.was.digest.text());
    json.set("added", descriptors(changed.added));
    json.set("removed", descriptors(changed.removed));
    return json;
  };
  return context.output().show(view);
}

Result<std::vector<Platform>> platforms_of(const Input& input) {
  std::vector<Platform> platforms;
  for (const auto& text : input.all("--platform")) {
    DRAY_TRY_ASSIGN(auto platform, Platform::parse(text));
    platforms.push_back(std::move(platform));
  }
  return platforms;
}

Result<int> add(Context& context, const Input& input) {
  ops::IndexChanges changes;
  DRAY_TRY_ASSIGN(const auto platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(changes.annotations, annotations_of(input, "--annotation"));
  DRAY_TRY_ASSIGN(changes.entry_annotations, annotations_of(input, "--entry-annotation"));
  changes.replace = input.has("--replace");
  DRAY_TRY_ASSIGN(auto members, open_members(context, input, platform));
  changes.add = std::move(members.list);
  return change(context, input, changes);
}

Result<int> remove_from_index(Context& context, const Input& input) {
  ops::IndexChanges changes;
  DRAY_TRY_ASSIGN(changes.remove_platforms, platforms_of(input));
  for (const auto& text : input.all("--digest")) {
    DRAY_TRY_ASSIGN(auto digest, Digest::parse(text));
    changes.remove_digests.push_back(std::move(digest));
  }
  if (changes.remove_platforms.empty() && changes.remove_digests.empty()) {
    return Error(ErrorCode::invalid_input, "say what to remove: --platform OS/ARCH or --digest DIGEST");
  }
  DRAY_TRY_ASSIGN(changes.annotations, annotations_of(input, "--annotation"));
  return change(context, input, changes);
}

Result<int> filter(Context& context, const Input& input) {
  ops::IndexChanges changes;
  DRAY_TRY_ASSIGN(changes.keep, platforms_of(input));
  if (changes.keep.empty()) return Error(ErrorCode::invalid_input, "say what to keep: --platform OS/ARCH");
  DRAY_TRY_ASSIGN(changes.annotations, annotations_of(input, "--annotation"));
  return change(context, input, changes);
}

constexpr Argument index_argument{"IMAGE", "the index to change, by its tag, which is set to the new one"};
constexpr Option annotation_option{"--annotation", "KEY=VALUE", "set an annotation of the index", true};
constexpr std::string_view platform_details =
    "A platform without an architecture, such as windows, names all of that operating system. Attestations go with\n"
    "the image that they are about. Whatever else the index says is kept.";

}  // namespace

std::vector<Command> index_commands() {
  return {
      {.name = "index create",
       .group = "Change",
       .summary = "Make one multi-platform image of several",
       .arguments = {{"IMAGE", "what to write"}, {"MEMBER", "an image for one platform, or an index", true, true}},
       .options = {annotation_option, {"--docker", "", "write a Docker manifest list instead of an OCI index"}},
       .examples = {{"dray index create oci:busybox:latest oci:busybox:amd64 oci:busybox:arm64",
                     "the platforms are read from the members' configs"}},
       .details = {},
       .run = create},
      {.name = "index add",
       .group = "Change",
       .summary = "Add images to a multi-platform image",
       .arguments = {index_argument, {"MEMBER", "an image for one platform, or an index; from any place", true, true}},
       .options = {{"--platform", "OS/ARCH", "what the image is for; of an index: which one to add"},
                   {"--replace", "", "an image takes the place of the one for its platform"},
                   annotation_option,
                   {"--entry-annotation", "KEY=VALUE", "set an annotation of what is added", true}},
       .examples = {{"dray index add localhost:5000/app:1 localhost:5000/build/app:riscv64",
                     "its config and layers are brought along"},
                    {"dray index add --replace localhost:5000/app:1 oci:app:amd64", "one platform was built again"}},
       .details = {},
       .run = add},
      {.name = "index remove",
       .group = "Change",
       .summary = "Take images out of a multi-platform image",
       .arguments = {index_argument},
       .options = {{"--platform", "OS/ARCH", "every image for this platform", true},
                   {"--digest", "DIGEST", "the entry of this digest", true},
                   annotation_option},
       .examples = {{"dray index remove localhost:5000/app:1 --platform windows",
                     "the images stay in the repository, by their digests"}},
       .details = platform_details,
       .run = remove_from_index},
      {.name = "index filter",
       .group = "Change",
       .summary = "Keep some platforms of a multi-platform image",
       .arguments = {index_argument},
       .options = {{"--platform", "OS/ARCH", "keep the images for this platform", true}, annotation_option},
       .examples = {{"dray index filter localhost:5000/app:1 --platform linux/amd64 --platform linux/arm64",
                     "every other image is taken out"}},
       .details = platform_details,
       .run = filter},
  };
}

}  // namespace dray::cli
