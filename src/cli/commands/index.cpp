#include <dray/ops/append.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> create(Context& context, const Input& input) {
  ops::IndexCreateOptions options;
  options.docker_types = input.has("--docker");
  for (const auto& annotation : input.all("--annotation")) {
    const auto equals = annotation.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::invalid_input, "--annotation takes KEY=VALUE, not '" + annotation + "'");
    }
    options.annotations.emplace_back(annotation.substr(0, equals), annotation.substr(equals + 1));
  }
  std::vector<OpenedSource> places;
  std::vector<ops::IndexMember> members;
  for (const auto& image : input.all_arguments("MEMBER")) {
    DRAY_TRY_ASSIGN(auto place, context.open_source(image));
    members.push_back({place.source.get(), place.name, std::nullopt});
    places.push_back(std::move(place));
  }
  DRAY_TRY_ASSIGN(const auto sink, context.open_sink_for_new(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto made, ops::create_index(members, *sink.sink, sink.tag, options, context.stop()));
  DRAY_TRY(sink.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) { return made.digest.text() + "\n"; };
  view.json = [&] { return descriptor_json(made); };
  return context.output().show(view);
}

}  // namespace

Command index_create_command() {
  return {.name = "index create",
          .group = "Change",
          .summary = "Make one multi-platform image of several",
          .arguments = {{"IMAGE", "what to write"}, {"MEMBER", "an image for one platform, or an index", true, true}},
          .options = {{"--annotation", "KEY=VALUE", "set an annotation of the index", true},
                      {"--docker", "", "write a Docker manifest list instead of an OCI index"}},
          .examples = {{"dray index create oci:busybox:latest oci:busybox:amd64 oci:busybox:arm64",
                        "the platforms are read from the members' configs"}},
          .details = {},
          .run = create};
}

}  // namespace dray::cli
