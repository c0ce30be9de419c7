#include <dray/http/url.hpp>
#include <dray/ops/edit.hpp>

#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<ops::LayerUrl> layer_url(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) {
    return Error(ErrorCode::invalid_input, "--layer-url takes DIGEST=URL, not '" + text + "'");
  }
  DRAY_TRY_ASSIGN(auto layer, Digest::parse(text.substr(0, equals)));
  auto url = text.substr(equals + 1);
  // A user in it is reported where it is refused, so that the password is not repeated here.
  if (auto parsed = http::Url::parse(url); !parsed) return std::move(parsed).error().context("--layer-url");
  return ops::LayerUrl{std::move(layer), std::move(url)};
}

Result<ops::EditOptions> options_of(Context& context, const Input& input) {
  ops::EditOptions options;
  for (const auto& text : input.all("--layer-url")) {
    DRAY_TRY_ASSIGN(auto change, layer_url(text));
    options.layer_urls.push_back(std::move(change));
  }
  for (const auto& text : input.all("--layer-url-remove")) {
    DRAY_TRY_ASSIGN(auto layer, Digest::parse(text));
    options.ordinary_layers.push_back(std::move(layer));
  }
  if (options.layer_urls.empty() && options.ordinary_layers.empty()) {
    return Error(ErrorCode::invalid_input, "say what to change: --layer-url DIGEST=URL or --layer-url-remove DIGEST");
  }
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  if (!input.has("--foreign")) options.copy.foreign = ops::ForeignLayers::skip;
  return options;
}

// The image itself, under the same tag, where no destination is named.
Result<std::string> destination(const Input& input) {
  if (const auto given = input.optional_argument("DST")) return *given;
  const auto& image = input.argument("IMAGE");
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  if (address.digest()) {
    return Error(ErrorCode::invalid_input,
                 "'" + image + "' names a digest, which cannot change: name a DST with a tag");
  }
  if (address.kind() != PlaceKind::registry && !address.name()) {
    return Error(ErrorCode::invalid_input, "'" + image + "' names no tag that could be moved: name a DST");
  }
  return image;
}

Result<int> run_edit(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto to, destination(input));
  DRAY_TRY_ASSIGN(const auto place, Address::parse(to));
  DRAY_TRY_ASSIGN(auto options, options_of(context, input));
  DRAY_TRY_ASSIGN(auto source, context.open_source(input.argument("IMAGE")));
  options.copy.expected = place.digest();
  const bool dry_run = options.copy.dry_run;
  const auto open_destination = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto opened, dry_run ? context.open_sink_to_plan(to) : context.open_sink(to));
    return std::move(opened.sink);
  };
  const auto report = ops::edit(*source.source, source.name, open_destination, tag_at(place), options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  if (report->reasons.empty()) context.note("dray: nothing was to change: it is so already");
  return show_copied(context, *report, {.origin = "Made of", .place = place, .dry_run = dry_run});
}

}  // namespace

Command edit_command() {
  return {
      .name = "edit",
      .group = "Change",
      .summary = "Say that a layer lives at a URL, or that it no longer does",
      .arguments = {image_argument, {"DST", "where to; left out: the same tag is moved", false}},
      .options = {{"--layer-url", "DIGEST=URL",
                   "set `urls` on this layer and make it foreign; several for one layer are asked in their order",
                   true},
                  {"--layer-url-remove", "DIGEST",
                   "make it an ordinary layer without `urls`; its bytes are fetched and stored", true},
                  {"--foreign", "include|keep|skip",
                   "copy foreign layers, or only those that the source holds, or none; skip when left out"},
                  dry_run_option},
      .examples = {{"dray edit localhost:5000/app:1 --layer-url sha256:540db60c…=https://files.example/base.tar.gz",
                    "the tag is moved to an image whose layer lives elsewhere"},
                   {"dray edit mcr.microsoft.com/windows/servercore:ltsc2019-amd64 localhost:5000/servercore:1 "
                    "--layer-url-remove sha256:65014b3c…",
                    "an image that needs no URL any more"}},
      .details =
          "Of an index every image that has the layer is changed. Digests change, layers and config do not, so\n"
          "signatures of the old digest do not hold. A registry may refuse URLs: distribution (docker-registry) does\n"
          "unless its settings allow them under validation.manifests.urls.allow (docs/foreign-layers.md).",
      .run = run_edit};
}

}  // namespace dray::cli
