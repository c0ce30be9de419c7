#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>
#include <dray/format/base64.hpp>
#include <dray/format/schema1.hpp>
#include <map>
#include <optional>
#include <utility>

#include "json_fields.hpp"
#include "manifest_json.hpp"

namespace dray {
namespace {

Error bad_schema1(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }

/// Without padding, as signatures have it. Source: RFC 7515 section 2.
std::optional<std::string> base64url_decode(std::string text) {
  if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return base64_decode(text);
}

/// Where the signed document ends, and what its end was.
struct SignedForm {
  std::uint64_t length = 0;
  std::string tail;
  friend bool operator==(const SignedForm&, const SignedForm&) = default;
};

Result<SignedForm> read_form(const Json& signature, std::size_t at) {
  const auto where = item_path("signatures", at);
  DRAY_TRY_ASSIGN(const auto fields, Fields::of(signature, where));
  DRAY_TRY_ASSIGN(auto text, fields.required_text("protected"));
  const auto decoded = base64url_decode(std::move(text));
  if (!decoded) return bad_schema1(where + ".protected is not base64url");
  auto json = Json::parse(*decoded);
  if (!json) return std::move(json).error().context(where + ".protected");
  const auto* length = json->find("formatLength");
  const auto* tail = json->find("formatTail");
  if (length == nullptr || !length->as_uint() || tail == nullptr || tail->as_string() == nullptr) {
    return bad_schema1(where + ".protected has no formatLength and formatTail");
  }
  auto end = base64url_decode(*tail->as_string());
  if (!end) return bad_schema1(where + ".protected: formatTail is not base64url");
  return SignedForm{*length->as_uint(), *std::move(end)};
}

bool is_id(std::string_view text) {
  constexpr std::size_t id_chars = 64;
  return text.size() == id_chars && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Schema1Step> read_step(const Json& layer, const Json& history, std::size_t at) {
  DRAY_TRY_ASSIGN(const auto layer_fields, Fields::of(layer, item_path("fsLayers", at)));
  DRAY_TRY_ASSIGN(auto blob, digest_member(layer_fields, "blobSum"));
  const auto where = item_path("history", at);
  DRAY_TRY_ASSIGN(const auto fields, Fields::of(history, where));
  DRAY_TRY_ASSIGN(const auto text, fields.required_text("v1Compatibility"));
  auto image = Json::parse(text);
  if (!image) return std::move(image).error().context(fields.path("v1Compatibility"));
  DRAY_TRY_ASSIGN(const auto step, Fields::of(*image, fields.path("v1Compatibility")));
  DRAY_TRY_ASSIGN(const auto id, step.required_text("id"));
  if (!is_id(id)) return bad_schema1(step.path("id") + " is not 64 digits of hex");
  DRAY_TRY_ASSIGN(const bool empty, step.flag("throwaway"));
  return Schema1Step{std::move(blob), empty, *std::move(image)};
}

std::string text_of(const Json& object, std::string_view key) {
  const auto* member = object.find(key);
  const auto* text = member == nullptr ? nullptr : member->as_string();
  return text == nullptr ? std::string() : *text;
}

/// `steps` have the top first.
Result<void> check_chain(const std::vector<Schema1Step>& steps) {
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    if (text_of(steps[i].image, "parent") == text_of(steps[i + 1].image, "id")) continue;
    return bad_schema1(fmt::format("history[{}] has another parent than the step below it", i));
  }
  return {};
}

/// What the step ran, as one line.
std::string command_of(const Json& image) {
  const auto* container = image.find("container_config");
  const auto* command = container == nullptr ? nullptr : container->find("Cmd");
  const auto* words = command == nullptr ? nullptr : command->as_array();
  std::string line;
  if (words == nullptr) return line;
  for (const auto& word : *words) {
    if (word.as_string() == nullptr) continue;
    line += (&word == &words->front() ? "" : " ") + *word.as_string();
  }
  return line;
}

Json history_of(const Schema1Step& step) {
  Json entry{Json::Object{}};
  if (const auto* created = step.image.find("created")) entry.set("created", *created);
  const auto set_text = [&entry](std::string_view key, const std::string& value) {
    if (!value.empty()) entry.set(key, value);
  };
  set_text("author", text_of(step.image, "author"));
  set_text("created_by", command_of(step.image));
  set_text("comment", text_of(step.image, "comment"));
  if (step.empty) entry.set("empty_layer", true);
  return entry;
}

// What says where an image stood in its chain. Source: distribution, schema 1 to 2 conversion in containers/image.
constexpr std::array<std::string_view, 6> members_of_schema1_alone{"id",       "parent",    "parent_id",
                                                                   "layer_id", "throwaway", "Size"};

}  // namespace

Result<std::string> schema1_payload(std::string_view bytes) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(bytes));
  DRAY_TRY_ASSIGN(const auto document, Fields::of(json, ""));
  DRAY_TRY_ASSIGN(const auto* signatures, document.array("signatures", limits::max_layers));
  if (signatures == nullptr || signatures->empty()) return std::string(bytes);
  std::optional<SignedForm> agreed;
  for (std::size_t i = 0; i < signatures->size(); ++i) {
    DRAY_TRY_ASSIGN(auto form, read_form((*signatures)[i], i));
    if (agreed && *agreed != form) return bad_schema1("the signatures are about different documents");
    agreed = std::move(form);
  }
  if (agreed->length > bytes.size()) return bad_schema1("the signatures are about a longer document");
  return std::string(bytes.substr(0, static_cast<std::size_t>(agreed->length))) + agreed->tail;
}

Result<std::vector<Schema1Step>> schema1_steps(std::string_view payload) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(payload));
  DRAY_TRY_ASSIGN(const auto document, Fields::of(json, ""));
  DRAY_TRY_ASSIGN(const auto* layers, document.array("fsLayers", limits::max_layers));
  DRAY_TRY_ASSIGN(const auto* history, document.array("history", limits::max_layers));
  if (layers == nullptr || history == nullptr || layers->empty()) {
    return bad_schema1("fsLayers or history is missing: it has no layers");
  }
  if (layers->size() != history->size()) return bad_schema1("fsLayers and history differ in length");
  std::vector<Schema1Step> steps;
  for (std::size_t i = 0; i < layers->size(); ++i) {
    DRAY_TRY_ASSIGN(auto step, read_step((*layers)[i], (*history)[i], i));
    const bool again = !steps.empty() && text_of(steps.back().image, "id") == text_of(step.image, "id");
    if (again && steps.back().blob != step.blob) {
      return bad_schema1(fmt::format("history[{}] has the id of the step above it, but another layer", i));
    }
    if (!again) steps.push_back(std::move(step));
  }
  DRAY_TRY(check_chain(steps));
  std::ranges::reverse(steps);
  return steps;
}

std::string schema1_config(const std::vector<Schema1Step>& steps, const std::vector<DiffId>& diff_ids) {
  const auto* top = steps.back().image.as_object();
  std::map<std::string, Json> members;
  for (const auto& member : *top) members.insert_or_assign(member.key, member.value);
  for (const auto name : members_of_schema1_alone) members.erase(std::string(name));
  Json::Array ids;
  for (const auto& id : diff_ids) ids.emplace_back(id.text());
  Json root;
  root.set("type", "layers");
  root.set("diff_ids", std::move(ids));
  Json::Array history;
  for (const auto& step : steps) history.push_back(history_of(step));
  members.insert_or_assign("rootfs", std::move(root));
  members.insert_or_assign("history", std::move(history));
  Json config{Json::Object{}};
  for (auto& [key, value] : members) config.set(key, std::move(value));
  return config.dump();
}

}  // namespace dray
