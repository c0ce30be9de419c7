#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>
#include <dray/ops/select.hpp>

#include "../context.hpp"
#include "../input_file.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

// ---- get ------------------------------------------------------------------------------------------------------

Result<RawManifest> fetch(Context& context, const Input& input, const OpenedSource& place) {
  DRAY_TRY_ASSIGN(const auto platform, Context::one_platform(input));
  if (!platform) return place.source->get_manifest(place.name, context.stop());
  DRAY_TRY_ASSIGN(auto image, ops::select_image(*place.source, place.name, platform, context.stop()));
  return std::move(image.raw);
}

Result<int> get_manifest_command(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto raw, fetch(context, input, place));
  View view;
  // What is stored is what is shown: the digest is over these bytes, blanks included.
  view.table = [&](bool) { return raw.bytes.ends_with('\n') ? raw.bytes : raw.bytes + "\n"; };
  view.json = [&] {
    auto parsed = Json::parse(raw.bytes);
    return parsed ? *std::move(parsed) : Json(raw.bytes);
  };
  view.raw = raw.bytes;
  return context.output().show(view);
}

// ---- head -----------------------------------------------------------------------------------------------------

Result<int> head_manifest(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto found, place.source->resolve(place.name, context.stop()));
  View view;
  view.table = [&](bool) {
    return "Digest  " + found.digest.text() + "\nType    " + found.media_type.text() + "\nSize    " +
           std::to_string(found.size) + "\n";
  };
  view.json = [&] { return descriptor_json(found); };
  return context.output().show(view);
}

// ---- put ------------------------------------------------------------------------------------------------------

Result<int> put_manifest_command(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_sink(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto bytes, read_input(input.option("--file").value_or("-"), limits::max_manifest_bytes));
  const auto claimed = input.option("--media-type").value_or("");
  if (auto parsed = parse_manifest(bytes, claimed); !parsed) {
    return std::move(parsed).error().context("the manifest to put");
  }
  DRAY_TRY_ASSIGN(auto type, manifest_media_type(bytes, claimed));
  const auto digest = Digest::of(as_bytes(bytes));
  const RawManifest raw{Descriptor{std::move(type), digest, bytes.size()}, bytes};
  DRAY_TRY_ASSIGN(const auto address, Address::parse(input.argument("IMAGE")));
  const auto wanted = address.kind() == PlaceKind::registry ? address.reference().digest() : address.digest();
  if (wanted && *wanted != digest) {
    return Error(ErrorCode::digest_mismatch, "the manifest's digest is " + digest.text() + ", not " + wanted->text());
  }
  if (place.tag && !wanted) {
    DRAY_TRY(place.sink->set_tag(*place.tag, raw, context.stop()));
  } else {
    DRAY_TRY(place.sink->put_manifest(raw, context.stop()));
  }
  DRAY_TRY(place.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) { return digest.text() + "\n"; };
  view.json = [&] { return descriptor_json(raw.descriptor); };
  return context.output().show(view);
}

// ---- delete ---------------------------------------------------------------------------------------------------

Result<int> remove_manifest_command(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(input.argument("IMAGE")));
  const auto digest = address.kind() == PlaceKind::registry ? address.reference().digest() : address.digest();
  if (!digest) {
    return Error(ErrorCode::invalid_input,
                 "a manifest is deleted by its digest, and with it every tag that points at it: IMAGE@sha256:…; "
                 "`dray delete` removes a tag alone");
  }
  DRAY_TRY_ASSIGN(const auto place, context.open_sink(input.argument("IMAGE")));
  DRAY_TRY(place.sink->remove_manifest(*digest, context.stop()));
  DRAY_TRY(place.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) { return "deleted " + digest->text() + "\n"; };
  view.json = [&] {
    Json json;
    json.set("deleted", digest->text());
    return json;
  };
  return context.output().show(view);
}

}  // namespace

std::vector<Command> manifest_commands() {
  return {
      {.name = "manifest get",
       .group = "Plumbing",
       .summary = "The manifest's bytes as they are stored",
       .arguments = {image_argument},
       .options = {platform_option},
       .examples = {{"dray manifest get alpine:3.13", "the bytes, and a line end behind them for the terminal"},
                    {"dray manifest get alpine:3.13 --format raw | sha256sum", "exactly the bytes: its digest"}},
       .details = {},
       .run = get_manifest_command},
      {.name = "manifest head",
       .group = "Plumbing",
       .summary = "A manifest's digest, type and size, by HEAD",
       .arguments = {image_argument},
       .options = {},
       .examples = {{"dray manifest head alpine:3.13", "no body is fetched"}},
       .details = {},
       .run = head_manifest},
      {.name = "manifest put",
       .group = "Plumbing",
       .summary = "Store a manifest's bytes as they are",
       .arguments = {{"IMAGE", "where to: NAME:TAG, or NAME@DIGEST"}},
       .options = {{"--file,-f", "FILE", "the manifest; - or nothing: standard input"},
                   {"--media-type", "TYPE", "its type, when the document itself does not say it"}},
       .examples = {{"dray manifest put localhost:5000/app:1 -f manifest.json", "prints the digest"}},
       .details = "What the manifest names must be there already.",
       .run = put_manifest_command},
      {.name = "manifest delete",
       .group = "Plumbing",
       .summary = "Delete a manifest by digest, and every tag that points at it",
       .arguments = {{"IMAGE", "NAME@DIGEST"}},
       .options = {},
       .examples = {{"dray manifest delete localhost:5000/app@sha256:9455ca49…", "the registry must allow it"}},
       .details = {},
       .run = remove_manifest_command},
  };
}

}  // namespace dray::cli
