#include "findings.hpp"

namespace dray::ops {

void Findings::warn(const std::string& text, const Digest& where) {
  const auto [at, is_new] = positions_.try_emplace(text, warnings_.size());
  if (is_new) warnings_.push_back({text, {}});
  auto& places = warnings_[at->second].where;
  if (places.empty() || places.back() != where) places.push_back(where);
}

}  // namespace dray::ops
