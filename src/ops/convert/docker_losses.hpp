#pragma once

#include <dray/format/json_patch.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "findings.hpp"

namespace dray::ops {

/// What of one manifest or index Docker's types have no words for: taken away, and told.
class DockerLosses {
 public:
  /// Takes the members away that OCI's documents and descriptors have alone. `owner` as messages call it: `layers`.
  void strip(JsonPatch& patch, const JsonSpan& object, std::string_view owner);
  void tell(Findings& findings, const Digest& manifest) const;
  [[nodiscard]] bool any() const noexcept { return any_; }

 private:
  bool any_ = false;
  std::map<std::string, std::set<std::string>> annotations_;  // their keys, by owner
  std::map<std::string, std::set<std::string>> members_;
};

}  // namespace dray::ops
