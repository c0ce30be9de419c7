#include <fmt/format.h>

#include <dray/ops/unpack.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::string unpacked_text(const ops::UnpackReport& report, const std::string& folder, bool colour) {
  Facts facts;
  facts.add("Unpacked", folder);
  facts.add("Image", report.image.digest.text() + (report.platform ? " (" + report.platform->text() + ")" : ""));
  facts.add("Content", fmt::format("{}, {}, {} bytes ({}) in files", counted(report.layers.size(), "layer"),
                                   grouped(report.entries) + " entries", grouped(report.file_bytes),
                                   human_size(report.file_bytes)));
  for (const auto& left : report.left_out) facts.add("Left out", printable(left.path) + ": " + left.what);
  if (report.left_out_count > report.left_out.size()) {
    facts.add("Left out", fmt::format("and {} more", report.left_out_count - report.left_out.size()));
  }
  return facts.text(colour);
}

Json unpacked_json(const ops::UnpackReport& report, const std::string& folder) {
  auto json = descriptor_json(report.image);
  if (report.platform) json.set("platform", platform_json(*report.platform));
  json.set("directory", folder);
  Json::Array layers;
  for (const auto& layer : report.layers) layers.push_back(descriptor_json(layer));
  json.set("layers", std::move(layers));
  json.set("entries", report.entries);
  json.set("fileBytes", report.file_bytes);
  json.set("bytesTransferred", report.bytes_transferred);
  json.set("leftOutCount", report.left_out_count);
  Json::Array left_out;
  for (const auto& left : report.left_out) {
    Json entry;
    entry.set("path", left.path);
    entry.set("what", left.what);
    left_out.push_back(std::move(entry));
  }
  json.set("leftOut", std::move(left_out));
  return json;
}

Result<int> run_unpack(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto copy, context.copy_options(input));
  ops::UnpackOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  options.rootless = input.has("--rootless");
  options.jobs = copy.jobs;
  options.connections = copy.connections;
  options.observer = copy.observer;
  const auto& folder = input.argument("DIR");
  DRAY_TRY_ASSIGN(const auto report, ops::unpack(*place.source, place.name, folder, options, context.stop()));
  View view;
  view.table = [&](bool colour) { return unpacked_text(report, folder, colour); };
  view.json = [&] { return unpacked_json(report, folder); };
  return context.output().show(view);
}

}  // namespace

Command unpack_command() {
  return {
      .name = "unpack",
      .group = "Files",
      .summary = "Make a folder of an image's files",
      .arguments = {image_argument, {"DIR", "the folder to make; it must be absent or empty"}},
      .options = {platform_option,
                  {"--rootless", "", "everything belongs to you, and devices are left out, also as root"}},
      .examples = {{"dray unpack alpine rootfs", "the files of this machine's platform, straight from the registry"},
                   {"dray unpack oci-archive:app.tar /srv/app --platform linux/arm64", "of an archive"}},
      .details =
          "Layers come in parallel and are checked, digest and diff ID, before the folder appears. One that was\n"
          "cut or killed goes on where it stopped when it is run again. As root owners and devices are kept.",
      .run = run_unpack};
}

}  // namespace dray::cli
