#include "auth_document.hpp"
#include "fuzz_target.hpp"
#include "json_edit.hpp"

namespace {

/// A login that is kept is read back, forgotten again, and no other member notices.
void edit(std::string_view text, const dray::Json& json) {
  using namespace dray;
  const std::vector<std::string> path{"auths", "fuzz.example"};
  const auto entry = Json::parse(R"({"auth":"YTpi"})").value();
  const auto with = settings::set_member(text, path, entry);
  if (!with) return;  // `auths` is no object
  const auto changed = Json::parse(*with);
  fuzz::require(changed.has_value() && changed->find("auths") != nullptr);
  fuzz::require(*changed->find("auths")->find("fuzz.example") == entry);
  const auto without = settings::erase_member(*with, path);
  fuzz::require(without.has_value());
  const auto back = Json::parse(*without);
  fuzz::require(back.has_value());
  for (const auto& member : *json.as_object()) {
    if (member.key != "auths") fuzz::require(*back->find(member.key) == member.value);
  }
}

}  // namespace

/// Credential files: what is read is well formed, and what is changed is changed in one place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray;
  const auto text = fuzz::text_of(data, size);
  if (const auto document = settings::parse_auth_document(text)) {
    for (const auto& entry : document->entries) fuzz::require(document->find(entry.where) != nullptr);
  }
  static_cast<void>(settings::parse_legacy_document(text));
  const auto json = Json::parse(text);
  if (json && json->as_object() != nullptr) edit(text, *json);
  return 0;
}
