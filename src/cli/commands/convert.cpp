#include <charconv>
#include <dray/ops/convert.hpp>

#include "../convert_view.hpp"
#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<std::optional<ops::ImageTypes>> types_of(const Input& input) {
  const auto word = input.option("--to");
  if (!word) return std::optional<ops::ImageTypes>();
  if (*word == "oci") return std::optional(ops::ImageTypes::oci);
  if (*word == "docker") return std::optional(ops::ImageTypes::docker);
  return Error(ErrorCode::invalid_input, "--to takes oci or docker, not '" + *word + "'");
}

Result<std::optional<Compression>> compression_of(const Input& input) {
  const auto word = input.option("--compress");
  if (!word) return std::optional<Compression>();
  for (const auto one : {Compression::gzip, Compression::zstd, Compression::none}) {
    if (*word == name(one)) return std::optional(one);
  }
  return Error(ErrorCode::invalid_input, "--compress takes gzip, zstd or none, not '" + *word + "'");
}

Result<std::optional<int>> level_of(const Input& input) {
  const auto word = input.option("--level");
  if (!word) return std::optional<int>();
  int level = 0;
  const auto [end, error] = std::from_chars(word->data(), word->data() + word->size(), level);
  if (error == std::errc() && end == word->data() + word->size()) return std::optional(level);
  return Error(ErrorCode::invalid_input, "--level takes a number, not '" + *word + "'");
}

Result<ops::ConvertOptions> options_of(Context& context, const Input& input, const Address& place) {
  ops::ConvertOptions options;
  DRAY_TRY_ASSIGN(options.to, types_of(input));
  DRAY_TRY_ASSIGN(options.compress, compression_of(input));
  DRAY_TRY_ASSIGN(options.level, level_of(input));
  if (!options.to && !options.compress) {
    return Error(ErrorCode::invalid_input,
                 "say what to make of it: --to oci|docker, --compress gzip|zstd|none, or both");
  }
  if (options.level && !options.compress) return Error(ErrorCode::invalid_input, "--level needs --compress");
  if (options.compress && place.digest()) {
    return Error(ErrorCode::invalid_input, "with --compress nobody knows the digest before: name DST by a tag");
  }
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  options.copy.expected = place.digest();
  return options;
}

Result<int> run_convert(Context& context, const Input& input) {
  const auto& to = input.argument("DST");
  DRAY_TRY_ASSIGN(const auto place, Address::parse(to));
  DRAY_TRY_ASSIGN(auto options, options_of(context, input, place));
  DRAY_TRY_ASSIGN(auto source, context.open_source(input.argument("SRC")));
  const bool dry_run = options.copy.dry_run;
  const auto open_destination = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto opened, dry_run ? context.open_sink_to_plan(to) : context.open_sink(to));
    return std::move(opened.sink);
  };
  const auto report =
      ops::convert(*source.source, source.name, open_destination, tag_at(place), options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  return show_converted(context, *report, {.origin = "Made of", .place = place, .dry_run = dry_run});
}

}  // namespace

Command convert_command() {
  return {
      .name = "convert",
      .group = "Change",
      .summary = "Into Docker's or OCI's media types, or another compression",
      .arguments = {{"SRC", "an image, or an index of images"}, {"DST", "where to"}},
      .options = {{"--to", "oci|docker", "the family of media types to write; left out: the one that it is in"},
                  {"--compress", "gzip|zstd|none", "compress layers anew that are not compressed so"},
                  {"--level", "N", "how hard: 1 to 9 for gzip, 1 to 19 for zstd; 6 and 3 when left out"},
                  platforms_option,
                  foreign_option,
                  dry_run_option},
      .examples = {{"dray convert alpine:3.20 localhost:5000/alpine:3.20 --to docker",
                    "for a tool that knows Docker's types alone; all platforms"},
                   {"dray convert localhost:5000/app:1 oci:app:1 --to oci --platform linux/arm64", "one image"},
                   {"dray convert registry.example/app:1 registry.example/app:1-zstd --to oci --compress zstd",
                    "smaller layers that unpack faster, for clients that know zstd"},
                   {"dray convert oci:app:1 oci:app:2 --to docker --format json --jq '.nodes[] | [.before.digest, "
                    ".after.digest]'",
                    "the digest of each part, before and after"}},
      .details =
          "Manifests are edited where they stand: the way back gives the first digest, as long as the image says\n"
          "nothing that the other family has no words for. Such things are dropped, and a warning names each. Layers\n"
          "and configs stay as they are, so that the image ID stays too. With --compress layers are read, checked and\n"
          "compressed anew, a few at a time, through TMPDIR; the image ID stays even then. Digests of manifests "
          "change,\n"
          "so signatures of the old digest do not hold (docs/convert.md).",
      .run = run_convert};
}

}  // namespace dray::cli
