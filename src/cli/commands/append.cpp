#include <charconv>
#include <chrono>
#include <dray/ops/append.hpp>
#include <dray/ops/pack.hpp>
#include <dray/settings/environment.hpp>
#include <filesystem>

#include "../context.hpp"
#include "../input_file.hpp"
#include "../key_value.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

// RFC 3339 section 5.6, in upper case: Go's reader, which everybody's is, takes no other.
bool is_time(std::string_view text) {
  const auto takes = [&text](std::string_view shape) {
    if (text.size() < shape.size()) return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const bool digit = text[i] >= '0' && text[i] <= '9';
      if (shape[i] == '0' ? !digit : text[i] != shape[i]) return false;
    }
    text.remove_prefix(shape.size());
    return true;
  };
  if (!takes("0000-00-00T00:00:00")) return false;
  if (takes(".0")) {
    while (takes("0")) {
    }
  }
  if (takes("Z")) return text.empty();
  return (takes("+00:00") || takes("-00:00")) && text.empty();
}

Result<std::optional<std::string>> created_of(const Input& input) {
  auto created = input.option("--created");
  if (created && !is_time(*created)) {
    return Error(ErrorCode::invalid_input,
                 "--created takes a time such as 2024-02-29T12:00:00Z, not '" + *created + "'");
  }
  return created;
}

Result<ops::AppendOptions> options_of(const Input& input) {
  ops::AppendOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(options.created, created_of(input));
  options.entrypoint = input.all("--entrypoint");
  options.cmd = input.all("--cmd");
  options.env = input.all("--env");
  for (const auto& variable : options.env) DRAY_TRY(key_and_value("--env", variable));
  options.working_dir = input.option("--workdir").value_or("");
  options.user = input.option("--user").value_or("");
  for (const auto& label : input.all("--label")) {
    DRAY_TRY_ASSIGN(auto pair, key_and_value("--label", label));
    options.labels.push_back(std::move(pair));
  }
  options.docker_types = input.has("--docker");
  const auto compression = input.option("--compress").value_or("gzip");
  if (compression == "gzip") {
    options.compression = Compression::gzip;
  } else if (compression == "zstd") {
    options.compression = Compression::zstd;
  } else if (compression == "none") {
    options.compression = Compression::none;
  } else {
    return Error(ErrorCode::invalid_input, "--compress takes gzip, zstd or none, not '" + compression + "'");
  }
  return options;
}

Error no_time(std::string_view name, const std::string& text) {
  return {ErrorCode::invalid_input,
          std::string(name) + " takes seconds since 1970 or a time such as 2024-02-29T12:00:00Z, not '" + text + "'"};
}

// The date and the time of a text that `is_time`.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  const auto number = [&text](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60) return std::nullopt;
  auto seconds = std::chrono::sys_seconds(std::chrono::sys_days(day)).time_since_epoch() +
                 std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
                 std::chrono::seconds(number(17, 2));
  if (text.ends_with("Z")) return seconds.count();
  const auto zone = text.size() - 6;
  const auto offset = std::chrono::hours(number(zone + 1, 2)) + std::chrono::minutes(number(zone + 4, 2));
  seconds += text[zone] == '+' ? -offset : offset;
  return seconds.count();
}

Result<std::int64_t> timestamp(std::string_view name, const std::string& text) {
  if (is_time(text)) {
    const auto seconds = seconds_of(text);
    return seconds ? Result<std::int64_t>(*seconds) : no_time(name, text);
  }
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return no_time(name, text);
  return seconds;
}

// What people who want builds to repeat have set; https://reproducible-builds.org/specs/source-date-epoch/
Result<std::int64_t> newest_time(const Input& input) {
  if (const auto given = input.option("--timestamp")) return timestamp("--timestamp", *given);
  const auto epoch = settings::set_variable(settings::process_environment(), "SOURCE_DATE_EPOCH");
  return epoch ? timestamp("SOURCE_DATE_EPOCH", *epoch) : std::int64_t{0};
}

struct NamedFolder {
  std::string folder;
  std::string destination;  // absolute; empty for the root
};

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// `DIR` or `DIR:/PATH`; nothing where the words name a file, or nothing at all.
std::optional<NamedFolder> folder_in(const std::string& text) {
  const auto without_slashes = [](std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
  };
  if (is_folder(text)) return NamedFolder{without_slashes(text), {}};
  std::error_code ignored;
  const auto colon = text.rfind(":/");
  if (colon == std::string::npos || std::filesystem::exists(text, ignored)) return std::nullopt;
  if (!is_folder(text.substr(0, colon))) return std::nullopt;
  auto destination = without_slashes(text.substr(colon + 1));
  if (destination == "/") destination.clear();
  return NamedFolder{without_slashes(text.substr(0, colon)), std::move(destination)};
}

ops::NewLayer layer_of_folder(const NamedFolder& named, ops::PackOptions options) {
  if (!named.destination.empty()) options.prefix = named.destination.substr(1);
  ops::NewLayer layer{named.folder, nullptr};
  layer.write = [folder = named.folder, options](ByteSink& tar, const std::stop_token& stop) {
    return ops::pack(folder, tar, options, stop);
  };
  layer.destination = named.destination;
  return layer;
}

ops::NewLayer layer_of_file(const std::string& file) {
  return {file, [file]() -> Result<std::unique_ptr<ByteSource>> {
            DRAY_TRY_ASSIGN(auto opened, open_input(file));
            return std::move(opened.bytes);
          }};
}

Result<std::vector<ops::NewLayer>> layers_of(const Input& input) {
  ops::PackOptions options;
  DRAY_TRY_ASSIGN(options.newest, newest_time(input));
  options.keep_owners = input.has("--keep-owner");
  options.devices = input.has("--devices");
  options.parents = !input.has("--base");
  std::vector<ops::NewLayer> layers;
  bool any_folder = false;
  for (const auto& text : input.all_arguments("LAYER")) {
    const auto folder = folder_in(text);
    any_folder = any_folder || folder;
    layers.push_back(folder ? layer_of_folder(*folder, options) : layer_of_file(text));
  }
  for (const auto* const option : {"--timestamp", "--keep-owner", "--devices"}) {
    if (any_folder || !input.has(option)) continue;
    return Error(ErrorCode::invalid_input,
                 std::string(option) + " is for a layer made of a folder; a tar is what it is");
  }
  return layers;
}

Result<int> run_append(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto options, options_of(input));
  DRAY_TRY_ASSIGN(const auto layers, layers_of(input));
  std::optional<OpenedSource> base;
  if (const auto name = input.option("--base")) {
    DRAY_TRY_ASSIGN(base, context.open_source(*name));
  }
  DRAY_TRY_ASSIGN(const auto place, context.open_sink_for_new(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto made, ops::append(base ? base->source.get() : nullptr, base ? &base->name : nullptr,
                                               layers, *place.sink, place.tag, options, context.stop()));
  DRAY_TRY(place.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) { return made.digest.text() + "\n"; };
  view.json = [&] { return descriptor_json(made); };
  return context.output().show(view);
}

}  // namespace

Command append_command() {
  return {
      .name = "append",
      .group = "Change",
      .summary = "Make an image from folders and tars, or put layers on one",
      .arguments = {{"IMAGE", "what to write: a reference or oci:DIR:TAG"},
                    {"LAYER", "a tar, plain or compressed; DIR: what is in it; DIR:/PATH: the same, to land in /PATH",
                     true, true}},
      .options = {{"--base,-b", "IMAGE", "put the layers on this image; left out: on nothing"},
                  platform_option,
                  {"--entrypoint", "WORD", "what the image starts; once for each word", true},
                  {"--cmd", "WORD", "its arguments; once for each word", true},
                  {"--env", "NAME=VALUE", "set a variable", true},
                  {"--label", "KEY=VALUE", "set a label", true},
                  {"--workdir", "DIR", "the folder it starts in"},
                  {"--user", "USER", "who it runs as"},
                  {"--created", "TIME", "RFC 3339; left out: 1970-01-01T00:00:00Z, so that the digest repeats"},
                  {"--timestamp", "TIME",
                   "the newest time that files of a DIR keep: seconds since 1970, or RFC 3339; left out: "
                   "SOURCE_DATE_EPOCH, or 0"},
                  {"--keep-owner", "", "files of a DIR keep their numeric owners; else all are 0:0"},
                  {"--devices", "", "take devices in a DIR along"},
                  {"--compress", "gzip|zstd|none", "how folders and plain tars are stored; gzip when left out"},
                  {"--docker", "", "write Docker's media types for a new image"}},
      .examples = {{"dray append oci:busybox:amd64 rootfs.tar --platform linux/amd64 --cmd sh", "a new image"},
                   {"dray append localhost:5000/app:2 build:/usr/local --base debian:bookworm-slim",
                    "what is in the folder build lands in /usr/local"},
                   {"dray append localhost:5000/app:2 app.tar --base debian:bookworm-slim",
                    "a layer on another image"}},
      .details =
          "The same tars and the same folders give the same digests. Compressed tars are stored as they are. Of a\n"
          "folder, names, content, modes, links and times up to --timestamp count (docs/append.md).",
      .run = run_append};
}

}  // namespace dray::cli
