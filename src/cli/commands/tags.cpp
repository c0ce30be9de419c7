#include <dray/client/mirrored.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

// A repository's own name is more usual here than a reference: a tag behind it would be without meaning.
Result<std::shared_ptr<ContentSource>> open_repository(Context& context, const std::string& text) {
  const bool local = text.starts_with("oci:") || text.starts_with("oci-archive:") ||
                     text.starts_with("docker-archive:") || text.starts_with("dir:");
  if (local) {
    DRAY_TRY_ASSIGN(const auto address, Address::parse(text));
    return open_place(address, nullptr);
  }
  DRAY_TRY_ASSIGN(auto name, RepositoryName::parse(text));
  return client::open_mirrored(context.client(), name);
}

Result<int> run_tags(Context& context, const Input& input) {
  const auto& where = input.argument("REPOSITORY");
  DRAY_TRY_ASSIGN(const auto source, open_repository(context, where));
  DRAY_TRY_ASSIGN(const auto tags, source->list_tags(context.stop()));
  const bool count = input.has("--count");
  View view;
  view.table = [&](bool) {
    if (count) return std::to_string(tags.size()) + "\n";
    std::string out;
    for (const auto& tag : tags) out += tag + "\n";
    return out;
  };
  view.json = [&] {
    Json json;
    json.set("name", where);
    json.set("count", static_cast<std::uint64_t>(tags.size()));
    if (!count) json.set("tags", texts(tags));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command tags_command() {
  return {.name = "tags",
          .group = "Look",
          .summary = "The tags of a repository",
          .arguments = {{"REPOSITORY", "a repository, or a layout such as oci:DIR"}},
          .options = {{"--count", "", "only how many there are"}},
          .examples = {{"dray tags mcr.microsoft.com/dotnet/runtime --count", "how many tags were published"},
                       {"dray tags alpine", "one tag a line"}},
          .details = {},
          .run = run_tags};
}

}  // namespace dray::cli
