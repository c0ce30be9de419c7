#include <fmt/chrono.h>
#include <fmt/format.h>

#include <dray/ops/image_files.hpp>

#include "../context.hpp"
#include "../image_files.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

char type_letter(TarType type) {
  switch (type) {
    case TarType::directory:
      return 'd';
    case TarType::symlink:
      return 'l';
    case TarType::character_device:
      return 'c';
    case TarType::block_device:
      return 'b';
    case TarType::fifo:
      return 'p';
    case TarType::file:
    case TarType::hard_link:
      break;
  }
  return '-';
}

std::string_view type_word(TarType type) {
  switch (type) {
    case TarType::directory:
      return "directory";
    case TarType::symlink:
      return "symlink";
    case TarType::character_device:
      return "character device";
    case TarType::block_device:
      return "block device";
    case TarType::fifo:
      return "fifo";
    case TarType::file:
    case TarType::hard_link:
      break;
  }
  return "file";
}

/// `-rwsr-xr-t`, as ls has it.
std::string mode_text(const ops::ImageFile& file) {
  std::string text(1, type_letter(file.type));
  for (int shift = 6; shift >= 0; shift -= 3) {
    text += (file.mode >> static_cast<unsigned>(shift) & 4U) != 0 ? 'r' : '-';
    text += (file.mode >> static_cast<unsigned>(shift) & 2U) != 0 ? 'w' : '-';
    text += (file.mode >> static_cast<unsigned>(shift) & 1U) != 0 ? 'x' : '-';
  }
  const auto mark = [&](unsigned bit, std::size_t at, char with_x, char without) {
    if ((file.mode & bit) != 0) text[at] = text[at] == 'x' ? with_x : without;
  };
  mark(04000, 3, 's', 'S');
  mark(02000, 6, 's', 'S');
  mark(01000, 9, 't', 'T');
  return text;
}

std::string time_text(const ops::ImageFile& file) {
  const auto time = static_cast<std::time_t>(file.mtime_seconds);
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return std::to_string(file.mtime_seconds);
  return fmt::format("{:%Y-%m-%d %H:%M}", parts);
}

std::string size_text(const ops::ImageFile& file) {
  const bool device = file.type == TarType::character_device || file.type == TarType::block_device;
  return device ? fmt::format("{}, {}", file.device_major, file.device_minor) : grouped(file.size);
}

std::string shown_name(const ops::ImageFile& file, const std::string& prefix) {
  auto name = file.path;
  if (!prefix.empty() && name.starts_with(prefix) && name.size() > prefix.size()) name.erase(0, prefix.size());
  return printable(name);
}

/// Null where the time is none that RFC 3339 and this program's clock can say.
Json modified_json(const ops::ImageFile& file) {
  using Clock = std::chrono::system_clock;
  constexpr auto limit = std::chrono::duration_cast<std::chrono::seconds>(Clock::duration::max()).count() - 1;
  if (file.mtime_seconds < 0 - limit || file.mtime_seconds > limit) return {};
  return rfc3339(Clock::from_time_t(static_cast<std::time_t>(file.mtime_seconds)));
}

Json file_json(const ops::ImageFile& file, const std::vector<Descriptor>& layers) {
  Json json;
  json.set("path", file.path);
  json.set("type", std::string(type_word(file.type)));
  json.set("mode", fmt::format("{:04o}", file.mode));
  json.set("uid", file.uid);
  json.set("gid", file.gid);
  json.set("size", file.size);
  json.set("modified", modified_json(file));
  json.set("links", static_cast<std::uint64_t>(file.links));
  if (file.type == TarType::symlink) json.set("target", file.link_path);
  json.set("layer", static_cast<std::uint64_t>(file.layer + 1));
  if (file.layer < layers.size()) json.set("layerDigest", layers[file.layer].digest.text());
  return json;
}

Result<int> run_ls(Context& context, const Input& input) {
  const auto path = input.optional_argument("PATH").value_or("/");
  DRAY_TRY_ASSIGN(const auto opened, open_image_files(context, input));
  const auto& files = opened.files;
  const bool recursive = input.has("--recursive");
  DRAY_TRY_ASSIGN(const auto start, files.find(path, path.ends_with('/')));
  const auto prefix = start.type == TarType::directory && !start.path.empty() ? start.path + "/" : std::string();
  std::string listing;
  Table table({{"MODE"},
               {"OWNER"},
               {"SIZE", Table::Align::right},
               {"CHANGED (UTC)"},
               {"LAYER", Table::Align::right},
               {"NAME"}});
  Json::Array entries;
  const bool wants_json = context.output().wants_json();
  const bool is_long = input.has("--long");
  DRAY_TRY(files.list(path, recursive, [&](const ops::ImageFile& file) -> Result<void> {
    if (wants_json) {
      entries.push_back(file_json(file, files.layers()));
    } else if (is_long) {
      const auto target = file.type == TarType::symlink ? " -> " + printable(file.link_path) : "";
      table.add({mode_text(file), fmt::format("{}:{}", file.uid, file.gid), size_text(file), time_text(file),
                 std::to_string(file.layer + 1), shown_name(file, prefix) + target});
    } else {
      listing += shown_name(file, prefix) + "\n";
    }
    return {};
  }));
  View view;
  view.table = [&](bool colour) { return is_long ? table.text(0, colour) : listing; };
  view.json = [&] {
    Json json;
    json.set("digest", files.image().digest.text());
    if (files.platform()) json.set("platform", platform_json(*files.platform()));
    json.set("path", start.path);
    json.set("files", std::move(entries));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command ls_command() {
  return {.name = "ls",
          .group = "Files",
          .summary = "List the files of an image",
          .arguments = {image_argument, {"PATH", "a folder or file in the image; left out: the root", false}},
          .options = {platform_option,
                      {"--long,-l", "", "modes, owners, sizes, times, links, and the layer that each comes from"},
                      {"--recursive,-R", "", "all that is below, too"}},
          .examples = {{"dray ls alpine /etc -l", "with the layer that each file comes from"},
                       {"dray ls alpine -R --jq '.files[] | select(.mode | startswith(\"4\")) | .path'",
                        "what is set-user-id"}},
          .details = "The files as they are with all layers laid over one another, read without unpacking them.",
          .run = run_ls};
}

}  // namespace dray::cli
