#include "docker_losses.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>
#include <vector>

namespace dray::ops {

namespace {

constexpr std::size_t max_listed_keys = 20;

// Source: OCI image-spec 1.1, manifest.md, image-index.md, descriptor.md.
constexpr std::array<std::string_view, 3> members_of_oci_alone{"subject", "artifactType", "data"};

std::string listed(const std::set<std::string>& names) {
  std::vector<std::string> shown;
  for (const auto& name : names) {
    if (shown.size() == max_listed_keys) break;
    shown.push_back(name);
  }
  auto text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > shown.size()) text += fmt::format(" and {} more", names.size() - shown.size());
  return text;
}

}  // namespace

void DockerLosses::strip(JsonPatch& patch, const JsonSpan& object, std::string_view owner) {
  if (const auto* annotations = object.find("annotations")) {
    any_ = true;
    for (const auto& member : annotations->members) annotations_[std::string(owner)].insert(member.key);
    patch.erase(object, "annotations");
  }
  for (const auto member : members_of_oci_alone) {
    if (object.find(member) == nullptr) continue;
    any_ = true;
    members_[std::string(owner)].insert(std::string(member));
    patch.erase(object, member);
  }
}

void DockerLosses::tell(Findings& findings, const Digest& manifest) const {
  for (const auto& [owner, keys] : annotations_) {
    findings.warn(
        fmt::format("annotations of the {} are dropped, as Docker's types have none: {}", owner, listed(keys)),
        manifest);
  }
  for (const auto& [owner, names] : members_) {
    findings.warn(fmt::format("dropped from the {}, as Docker's types do not have it: {}", owner, listed(names)),
                  manifest);
  }
}

}  // namespace dray::ops
