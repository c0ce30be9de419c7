#pragma once

#include <cstddef>
#include <dray/ops/convert.hpp>
#include <map>
#include <string>
#include <vector>

namespace dray::ops {

/// Collects warnings: one that several manifests give rise to is told once. What there is to say about one manifest
/// comes together.
class Findings {
 public:
  void warn(const std::string& text, const Digest& where);
  [[nodiscard]] std::vector<ConversionWarning> take() && { return std::move(warnings_); }

 private:
  std::vector<ConversionWarning> warnings_;
  std::map<std::string, std::size_t> positions_;
};

}  // namespace dray::ops
