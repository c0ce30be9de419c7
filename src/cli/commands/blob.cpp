#include <dray/base/file.hpp>
#include <dray/client/mirrored.hpp>
#include <dray/core/digester.hpp>
#include <dray/store/verify.hpp>

#include <array>

#include "../context.hpp"
#include "../exit_status.hpp"
#include "../file_output.hpp"
#include "../input_file.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

struct OnBlob {
  std::shared_ptr<client::Repository> repository;
  Digest digest;
};

Result<OnBlob> open_blob_argument(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(auto place, context.open_on_registry(input.argument("BLOB")));
  const auto* digest = std::get_if<Digest>(&place.name);
  if (digest == nullptr) {
    return Error(ErrorCode::invalid_input,
                 "a blob is named by its digest: REPOSITORY@sha256:…, not '" + input.argument("BLOB") + "'");
  }
  return OnBlob{std::move(place.repository), *digest};
}

// ---- get ------------------------------------------------------------------------------------------------------

Result<int> get_blob(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, open_blob_argument(context, input));
  DRAY_TRY_ASSIGN(const auto size, place.repository->head_blob(place.digest, context.stop()));
  const Descriptor blob{MediaType::of("application/octet-stream"), place.digest, size};
  DRAY_TRY_ASSIGN(auto opened, place.repository->open_blob(blob, std::nullopt, context.stop()));
  const auto verified = verify(std::move(opened.bytes), blob);
  if (const auto file = input.option("--output"); file && *file != "-") {
    DRAY_TRY_ASSIGN(auto sink, FileOutput::open(*file));
    DRAY_TRY(pump(*verified, sink));
    DRAY_TRY(sink.commit());
  } else {
    StdoutSink sink;
    DRAY_TRY(pump(*verified, sink));
  }
  return exit_done;
}

// ---- head -----------------------------------------------------------------------------------------------------

Result<int> head_blob_command(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, open_blob_argument(context, input));
  DRAY_TRY_ASSIGN(const auto size, place.repository->head_blob(place.digest, context.stop()));
  View view;
  view.table = [&](bool) { return grouped(size) + " bytes\n"; };
  view.json = [&] {
    Json json;
    json.set("digest", place.digest.text());
    json.set("size", size);
    return json;
  };
  return context.output().show(view);
}

// ---- put ------------------------------------------------------------------------------------------------------

Result<Digest> digest_of(const std::string& file) {
  DRAY_TRY_ASSIGN(const auto opened, open_input(file));
  Digester digester(DigestAlgorithm::sha256);
  std::vector<std::byte> buffer(256 * 1024);
  while (true) {
    DRAY_TRY_ASSIGN(const auto count, opened.bytes->read(buffer));
    if (count == 0) return digester.finish();
    digester.update(std::span(buffer).first(count));
  }
}

Result<int> put_blob_command(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(auto name, RepositoryName::parse(input.argument("REPOSITORY")));
  DRAY_TRY_ASSIGN(const auto repository, client::open_repository(context.client(), name));
  const auto& file = input.argument("FILE");
  DRAY_TRY_ASSIGN(const auto size, open_input(file).transform([](const InputFile& opened) { return opened.size; }));
  DRAY_TRY_ASSIGN(const auto digest, digest_of(file));
  const Descriptor blob{MediaType::of("application/octet-stream"), digest, size};
  DRAY_TRY_ASSIGN(const bool there, repository->has_blob(blob, context.stop()));
  if (!there) {
    const auto open = [&file]() -> Result<std::unique_ptr<ByteSource>> {
      DRAY_TRY_ASSIGN(auto opened, open_input(file));
      return std::move(opened.bytes);
    };
    DRAY_TRY(repository->put_blob(blob, open, context.stop()));
  }
  View view;
  view.table = [&](bool) { return digest.text() + "\n"; };
  view.json = [&] {
    Json json;
    json.set("digest", digest.text());
    json.set("size", size);
    json.set("uploaded", !there);
    return json;
  };
  return context.output().show(view);
}

// ---- delete ---------------------------------------------------------------------------------------------------

Result<int> remove_blob_command(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, open_blob_argument(context, input));
  DRAY_TRY(place.repository->remove_blob(place.digest, context.stop()));
  View view;
  view.table = [&](bool) { return "deleted " + place.digest.text() + "\n"; };
  view.json = [&] {
    Json json;
    json.set("deleted", place.digest.text());
    return json;
  };
  return context.output().show(view);
}

// ---- locate ---------------------------------------------------------------------------------------------------

std::string validity(const client::BlobLocation& location, std::chrono::system_clock::time_point now) {
  if (!location.expires) return {};
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(*location.expires - now);
  return rfc3339(*location.expires) + (left.count() < 0 ? " (over)" : " (" + human_duration(left) + " from now)");
}

Result<int> locate(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, open_blob_argument(context, input));
  DRAY_TRY_ASSIGN(const auto location, place.repository->locate_blob(place.digest, context.stop()));
  const bool secret = input.has("--show-secrets");
  const auto shown = [&] {
    return !location.url ? std::string() : secret ? location.url->text() : location.url->printable().text();
  };
  View view;
  view.table = [&](bool colour) {
    Facts facts;
    facts.add("Status", std::to_string(location.status));
    facts.add("Location", location.url ? shown() : "the registry itself");
    if (location.url) facts.add("Host", location.url->origin().host);
    facts.add("Valid until", validity(location, std::chrono::system_clock::now()));
    return facts.text(colour);
  };
  view.json = [&] {
    Json json;
    json.set("digest", place.digest.text());
    json.set("status", location.status);
    json.set("location", location.url ? Json(shown()) : Json());
    json.set("host", location.url ? Json(location.url->origin().host) : Json());
    json.set("expires", location.expires ? Json(rfc3339(*location.expires)) : Json());
    return json;
  };
  return context.output().show(view);
}

constexpr Argument blob_argument{"BLOB", "REPOSITORY@DIGEST"};

}  // namespace

std::vector<Command> blob_commands() {
  return {
      {.name = "blob get",
       .group = "Plumbing",
       .summary = "A blob's bytes, verified",
       .arguments = {blob_argument},
       .options = {{"--output,-o", "FILE", "write there, whole or not at all; - or nothing: standard output"}},
       .examples = {{"dray blob get alpine@sha256:540db60c… -o layer.tar.gz", "size and digest are checked"}},
       .details = "On standard output the last bytes only follow when everything held; see the exit status.",
       .run = get_blob},
      {.name = "blob head",
       .group = "Plumbing",
       .summary = "A blob's size, by HEAD",
       .arguments = {blob_argument},
       .options = {},
       .examples = {{"dray blob head alpine@sha256:540db60c…", "also tells whether it is there"}},
       .details = {},
       .run = head_blob_command},
      {.name = "blob put",
       .group = "Plumbing",
       .summary = "Upload a file as a blob",
       .arguments = {{"REPOSITORY", "where to"}, {"FILE", "a regular file"}},
       .options = {},
       .examples = {{"dray blob put localhost:5000/app layer.tar.gz",
                     "prints the digest; sends nothing that is there"}},
       .details = {},
       .run = put_blob_command},
      {.name = "blob delete",
       .group = "Plumbing",
       .summary = "Delete a blob",
       .arguments = {blob_argument},
       .options = {},
       .examples = {{"dray blob delete localhost:5000/app@sha256:540db60c…", "the registry must allow it"}},
       .details = {},
       .run = remove_blob_command},
      {.name = "blob locate",
       .group = "Plumbing",
       .summary = "Where a blob's bytes are, which host serves them, and until when",
       .arguments = {blob_argument},
       .options = {{"--show-secrets", "", "print the signed link whole: whoever has it can fetch the blob"}},
       .examples = {{"dray blob locate mcr.microsoft.com/dotnet/core/runtime@sha256:f7e2b70d…",
                     "the redirect is not followed"}},
       .details = {},
       .run = locate},
  };
}

}  // namespace dray::cli
