#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>
#include <dray/store/digest_tags.hpp>

namespace dray {
namespace {

struct Ending {
  std::string_view text;
  std::string_view holds;
};
constexpr std::array endings{Ending{".sig", "cosign signature"}, Ending{".att", "cosign attestation"},
                             Ending{".sbom", "cosign SBOM"}};

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

std::vector<CosignTag> cosign_tags(const Digest& subject) {
  const auto stem = std::string(name(subject.algorithm())) + "-" + std::string(subject.hex());
  std::vector<CosignTag> tags;
  for (const auto& ending : endings) {
    auto tag = stem + std::string(ending.text);
    if (tag.size() <= limits::max_tag_chars) tags.push_back({std::move(tag), ending.holds});
  }
  return tags;
}

bool is_referrers_tag(std::string_view tag) {
  // A hash is cut at 64 characters there, see `referrers_tag`.
  constexpr std::size_t hex_chars = 64;
  const auto dash = tag.find('-');
  if (dash == std::string_view::npos) return false;
  const auto algorithm = tag.substr(0, dash);
  const auto hex = tag.substr(dash + 1);
  return (algorithm == "sha256" || algorithm == "sha512") && hex.size() == hex_chars && is_hex(hex);
}

}  // namespace dray
