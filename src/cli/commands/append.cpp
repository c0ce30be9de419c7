#include <dray/ops/append.hpp>

#include "../context.hpp"
#include "../input_file.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<std::pair<std::string, std::string>> key_and_value(std::string_view option, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error(ErrorCode::invalid_input, std::string(option) + " takes KEY=VALUE, not '" + text + "'");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

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

Result<int> run(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto options, options_of(input));
  std::vector<ops::NewLayer> layers;
  for (const auto& file : input.all_arguments("TAR")) {
    layers.push_back({file, [file]() -> Result<std::unique_ptr<ByteSource>> {
                        DRAY_TRY_ASSIGN(auto opened, open_input(file));
                        return std::move(opened.bytes);
                      }});
  }
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
  return {.name = "append",
          .group = "Change",
          .summary = "Make an image from tars, or put layers on one",
          .arguments = {{"IMAGE", "what to write: a reference or oci:DIR:TAG"},
                        {"TAR", "a layer: a tar, plain or compressed", true, true}},
          .options = {{"--base,-b", "IMAGE", "put the layers on this image; left out: on nothing"},
                      platform_option,
                      {"--entrypoint", "WORD", "what the image starts; once for each word", true},
                      {"--cmd", "WORD", "its arguments; once for each word", true},
                      {"--env", "NAME=VALUE", "set a variable", true},
                      {"--label", "KEY=VALUE", "set a label", true},
                      {"--workdir", "DIR", "the folder it starts in"},
                      {"--user", "USER", "who it runs as"},
                      {"--created", "TIME", "RFC 3339; left out: 1970-01-01T00:00:00Z, so that the digest repeats"},
                      {"--compress", "gzip|zstd|none", "how plain tars are stored; gzip when left out"},
                      {"--docker", "", "write Docker's media types for a new image"}},
          .examples = {{"dray append oci:busybox:amd64 rootfs.tar --platform linux/amd64 --cmd sh", "a new image"},
                       {"dray append localhost:5000/app:2 app.tar --base debian:bookworm-slim",
                        "a layer on another image"}},
          .details = "The same tars give the same digests. Compressed tars are stored as they are.",
          .run = run};
}

}  // namespace dray::cli
