#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::optional<Digest> digest_of(const Address& address) {
  return address.kind() == PlaceKind::registry ? address.reference().digest() : address.digest();
}

std::optional<std::string> tag_of(const Address& address) {
  return address.kind() == PlaceKind::registry ? address.reference().tag() : address.name();
}

Result<std::string> remove(ContentSink& sink, const Address& address, const std::stop_token& stop) {
  if (const auto digest = digest_of(address)) {
    DRAY_TRY(sink.remove_manifest(*digest, stop));
    return digest->text();
  }
  const auto tag = tag_of(address);
  if (!tag) return Error(ErrorCode::invalid_input, "say which tag or digest to delete: " + address.text() + ":TAG");
  DRAY_TRY(sink.remove_tag(*tag, stop));
  return *tag;
}

// `delete app` must not fall on `latest` by a default that nobody typed.
Result<void> check_explicit(const std::string& image, const Address& address) {
  if (address.kind() != PlaceKind::registry || address.reference().digest()) return {};
  if (image.ends_with(":" + address.reference().tag().value_or(""))) return {};
  return Error(ErrorCode::invalid_input, "say which tag to delete: " + image + ":latest, or a digest");
}

Result<int> run(Context& context, const Input& input) {
  const auto& image = input.argument("IMAGE");
  DRAY_TRY_ASSIGN(const auto address, Address::parse(image));
  DRAY_TRY(check_explicit(image, address));
  DRAY_TRY_ASSIGN(const auto place, context.open_sink(image));
  DRAY_TRY_ASSIGN(const auto removed, remove(*place.sink, address, context.stop()));
  DRAY_TRY(place.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) { return "deleted " + removed + "\n"; };
  view.json = [&] {
    Json json;
    json.set("deleted", removed);
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command delete_command() {
  return {
      .name = "delete",
      .group = "Change",
      .summary = "Delete a tag, or a manifest by digest",
      .arguments = {{"IMAGE", "NAME:TAG: the tag alone; NAME@DIGEST: the manifest and every tag on it"}},
      .options = {},
      .examples = {{"dray delete localhost:5000/app:old", "the manifest stays, where the registry can delete tags"}},
      .details = "A registry that can only delete manifests is not tricked into it: the answer says so.",
      .run = run};
}

}  // namespace dray::cli
