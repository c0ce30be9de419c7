#include "naming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "attestation.hpp"

namespace dray::ops {

std::string full_name(const ContentSource& source, const ManifestName& name) {
  return source.describe() + (std::holds_alternative<Digest>(name) ? "@" : ":") + text(name);
}

std::string printable_url(std::string_view url) {
  constexpr std::size_t longest = 200;
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme_end = url.find("://");
  const auto host = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto path = std::min(url.find('/', host), url.size());
  const auto user_end = url.substr(0, path).rfind('@');
  std::string out(url.substr(0, host));
  out += url.substr(user_end == std::string_view::npos || user_end < host ? host : user_end + 1);
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x21 || c > 0x7e; }, '?');
  if (out.size() > longest) out = out.substr(0, longest) + "…";
  return out;
}

std::string printable_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string list_platforms(const Index& index) {
  std::vector<std::string> names;
  for (const auto& entry : index.manifests) {
    if (is_attestation(entry) || !entry.platform) continue;
    auto name = entry.platform->text();
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace dray::ops
