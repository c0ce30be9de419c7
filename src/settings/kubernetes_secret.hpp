#pragma once

#include <dray/base/result.hpp>
#include <dray/format/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::settings {

/// The credential file inside a Kubernetes pull secret.
struct PullSecret {
  std::string name;
  std::string text;
  bool is_legacy = false;  ///< `.dockercfg` rather than `.dockerconfigjson`.
};

/// Whether the document says that it is a Secret or a List.
[[nodiscard]] bool is_kubernetes_document(const Json& json);
/// Whether text that is no JSON is a secret as `kubectl get secret -o yaml` writes it.
[[nodiscard]] bool looks_like_yaml_secret(std::string_view text);

/// The pull secrets of a Secret or a List, in their order: `data` (base64) or `stringData` with `.dockerconfigjson` or
/// `.dockercfg`. Other secrets of a list are passed over. Errors: `invalid_input` when there is none, or one is broken.
/// Source: Kubernetes documentation, "Secrets", "Docker config Secrets".
[[nodiscard]] Result<std::vector<PullSecret>> pull_secrets(const Json& json);

}  // namespace dray::settings
