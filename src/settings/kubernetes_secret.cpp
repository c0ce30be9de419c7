#include "kubernetes_secret.hpp"

#include <dray/format/base64.hpp>

#include <array>

namespace dray::settings {
namespace {

struct Member {
  std::string_view name;
  bool is_legacy;
};
constexpr std::array<Member, 2> members{Member{".dockerconfigjson", false}, Member{".dockercfg", true}};

std::string kind_of(const Json& json) {
  const auto* const kind = json.find("kind");
  const auto* const text = kind == nullptr ? nullptr : kind->as_string();
  return text == nullptr ? std::string() : *text;
}

std::string name_of(const Json& secret) {
  const auto* const metadata = secret.find("metadata");
  const auto* const name = metadata == nullptr ? nullptr : metadata->find("name");
  const auto* const text = name == nullptr ? nullptr : name->as_string();
  return text == nullptr ? std::string() : *text;
}

const Json* find_inside(const Json& secret, std::string_view object, std::string_view name) {
  const auto* const inside = secret.find(object);
  return inside == nullptr ? nullptr : inside->find(name);
}

// `stringData` is what a person wrote and wins, as it does in Kubernetes.
Result<void> read_secret(const Json& secret, std::vector<PullSecret>& found) {
  for (const auto& member : members) {
    const auto bad = [&](std::string_view why) {
      return Error(ErrorCode::invalid_input,
                   "secret \"" + name_of(secret) + "\": \"" + std::string(member.name) + "\" " + std::string(why));
    };
    if (const auto* const plain = find_inside(secret, "stringData", member.name)) {
      if (plain->as_string() == nullptr) return bad("is no string");
      found.push_back({name_of(secret), *plain->as_string(), member.is_legacy});
    } else if (const auto* const encoded = find_inside(secret, "data", member.name)) {
      if (encoded->as_string() == nullptr) return bad("is no string");
      auto text = base64_decode(*encoded->as_string());
      if (!text) return bad("is no base64");
      found.push_back({name_of(secret), *std::move(text), member.is_legacy});
    }
  }
  return {};
}

}  // namespace

bool is_kubernetes_document(const Json& json) {
  const auto kind = kind_of(json);
  return kind == "Secret" || kind == "List" || kind == "SecretList";
}

bool looks_like_yaml_secret(std::string_view text) {
  return text.find("kind: Secret") != std::string_view::npos || text.find("kind: List") != std::string_view::npos;
}

Result<std::vector<PullSecret>> pull_secrets(const Json& json) {
  std::vector<PullSecret> found;
  if (kind_of(json) == "Secret") {
    DRAY_TRY(read_secret(json, found));
  } else if (const auto* const items = json.find("items"); items != nullptr && items->as_array() != nullptr) {
    for (const auto& item : *items->as_array()) DRAY_TRY(read_secret(item, found));
  }
  if (!found.empty()) return found;
  return Error(ErrorCode::invalid_input,
               "the Kubernetes " + kind_of(json) + " holds no pull secret (.dockerconfigjson or .dockercfg)");
}

}  // namespace dray::settings
