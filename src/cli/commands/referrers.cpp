#include <dray/core/artifact_limits.hpp>
#include <dray/ops/referrers.hpp>

#include <charconv>

#include "../context.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

constexpr std::size_t annotations_columns = 60;

Result<std::size_t> depth_of(const Input& input) {
  const auto text = input.option("--depth");
  if (!text) return std::size_t{0};
  std::size_t depth = 0;
  const auto* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, depth);
  if (error == std::errc() && at == end && depth > 0 && depth <= limits::max_referrers_depth) return depth;
  return Error(ErrorCode::invalid_input, "--depth takes a number from 1 to " +
                                             std::to_string(limits::max_referrers_depth) + ", not '" + *text + "'");
}

Result<ops::ReferrersOptions> options_of(const Input& input) {
  ops::ReferrersOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(options.depth, depth_of(input));
  if (const auto text = input.option("--artifact-type")) {
    auto type = MediaType::parse(*text);
    if (!type) return std::move(type).error().context("--artifact-type");
    options.artifact_type = *std::move(type);
  }
  return options;
}

std::string kind_of(const ops::Referrer& referrer) {
  if (!referrer.cosign.empty()) return referrer.cosign;
  const auto& descriptor = referrer.descriptor;
  return descriptor.artifact_type ? descriptor.artifact_type->text() : manifest_kind(descriptor.media_type);
}

/// `created=2024-02-29T12:00:00Z, by=us`, as far as there is room.
std::string short_annotations(const Descriptor& descriptor) {
  constexpr std::string_view usual = "org.opencontainers.image.";
  std::string text;
  for (const auto& [key, value] : descriptor.annotations) {
    const std::string_view name = key;
    text += text.empty() ? "" : ", ";
    text += name.starts_with(usual) ? name.substr(usual.size()) : name;
    text += "=" + value;
  }
  return shortened(text, annotations_columns);
}

void add_rows(Table& table, const std::vector<ops::Referrer>& referrers, const std::string& indent) {
  for (const auto& referrer : referrers) {
    const bool last = &referrer == &referrers.back();
    const auto& descriptor = referrer.descriptor;
    table.add({indent + (last ? "└─ " : "├─ ") + kind_of(referrer), descriptor.digest.text(), grouped(descriptor.size),
               short_annotations(descriptor)});
    add_rows(table, referrer.referrers, indent + (last ? "   " : "│  "));
  }
}

std::string tree_table(const ops::ReferrersReport& report, bool colour) {
  Table table({{"WHAT"}, {"DIGEST"}, {"SIZE", Table::Align::right}, {"ANNOTATIONS"}});
  const auto& subject = report.subject;
  table.add({manifest_kind(subject.media_type), subject.digest.text(), grouped(subject.size)});
  add_rows(table, report.referrers, "");
  return table.text(0, colour) + (report.referrers.empty() ? "nothing refers to it\n" : "");
}

Json tree_json(const std::vector<ops::Referrer>& referrers) {
  Json::Array array;
  for (const auto& referrer : referrers) {
    const auto& type = referrer.descriptor.artifact_type;
    auto json = descriptor_json(referrer.descriptor);
    json.set("artifactType", type ? Json(type->text()) : Json());
    json.set("cosign", text_or_null(referrer.cosign));
    json.set("tag", text_or_null(referrer.tag));
    json.set("referrers", tree_json(referrer.referrers));
    array.push_back(std::move(json));
  }
  return array;
}

Result<int> run_referrers(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto options, options_of(input));
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto report, ops::list_referrers(*place.source, place.name, options, context.stop()));
  View view;
  view.table = [&](bool colour) { return tree_table(report, colour); };
  view.json = [&] {
    Json json;
    json.set("subject", descriptor_json(report.subject));
    json.set("count", report.count());
    json.set("referrers", tree_json(report.referrers));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command referrers_command() {
  return {.name = "referrers",
          .group = "Artifacts",
          .summary = "What is attached to an image, and to that: signatures, bills of materials",
          .arguments = {image_argument},
          .options = {{"--artifact-type", "TYPE", "of what is attached to the image itself, only this"},
                      {"--depth", "N", "so many levels; all when left out"},
                      platform_option},
          .examples = {{"dray referrers localhost:5000/app:1", "a tree"},
                       {"dray referrers localhost:5000/app:1 --platform linux/arm64 --jq '.referrers[].digest'",
                        "of one image of an index"}},
          .details =
              "Without --platform what is attached to an index itself is listed. Where a registry has no API for\n"
              "referrers, the list under the tag sha256-<hex> is read. cosign's tags (sha256-<hex>.sig, .att, .sbom)\n"
              "are listed too, unless an --artifact-type is asked for.",
          .run = run_referrers};
}

}  // namespace dray::cli
