#include <algorithm>
#include <charconv>
#include <compare>
#include <dray/core/platform.hpp>
#include <vector>

#include "chars.hpp"

namespace dray {
namespace {

using Version = std::vector<std::uint64_t>;

constexpr std::size_t windows_build_parts = 3;

// Numbers joined by dots; nothing for other text.
std::optional<Version> read_version(std::string_view text) {
  Version version;
  while (true) {
    const auto dot = text.find('.');
    const auto part = text.substr(0, dot);
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (failure != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    version.push_back(number);
    if (dot == std::string_view::npos) return version;
    text.remove_prefix(dot + 1);
  }
}

// `v7` is 7, `v8.2` is 8.2; the plain architecture is its first version. Nothing where versions mean nothing.
std::optional<Version> read_variant(const Platform& platform) {
  const auto& variant = platform.variant;
  if (platform.architecture == "arm64" && variant.empty()) return Version{8};
  if (platform.architecture == "amd64" && variant.empty()) return Version{1};
  const bool has_versions =
      platform.architecture == "arm" || platform.architecture == "arm64" || platform.architecture == "amd64";
  if (!has_versions || !variant.starts_with('v')) return std::nullopt;
  return read_version(std::string_view(variant).substr(1));
}

// How good an offer is: more is better, from the first member to the last.
struct Fit {
  bool same_variant = false;
  Version variant;  // an older one that the wanted one runs, the newer the better
  bool same_os_version = false;
  bool names_os_version = false;
  Version os_version;              // Windows: the newest revision of the build
  std::size_t spare_features = 0;  // counted down from the most there can be

  friend std::strong_ordering operator<=>(const Fit&, const Fit&) = default;
};

bool fits_variant(const Platform& wanted, const Platform& offered, Fit& fit) {
  fit.same_variant = wanted.variant == offered.variant;
  if (fit.same_variant) return true;
  const auto can_run = read_variant(wanted);
  const auto needs = read_variant(offered);
  if (can_run && needs) {
    fit.variant = *needs;
    return *needs <= *can_run;
  }
  return offered.variant.empty();  // the plain form of the same architecture
}

bool same_build(const Version& a, const Version& b) {
  const auto parts = std::min({a.size(), b.size(), windows_build_parts});
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(parts), b.begin());
}

bool fits_os_version(const Platform& wanted, const Platform& offered, Fit& fit) {
  if (wanted.os_version.empty()) return true;
  fit.same_os_version = wanted.os_version == offered.os_version;
  fit.names_os_version = !offered.os_version.empty();
  if (wanted.os != "windows") return fit.same_os_version;
  if (offered.os_version.empty()) return true;  // made for any build
  const auto wants = read_version(wanted.os_version);
  const auto has = read_version(offered.os_version);
  if (!wants || !has) return fit.same_os_version;
  fit.os_version = *has;
  return same_build(*wants, *has);
}

bool contains(const std::vector<std::string>& features, const std::string& feature) {
  return std::ranges::find(features, feature) != features.end();
}

bool fits_features(const Platform& wanted, const Platform& offered, Fit& fit) {
  const auto unasked = std::ranges::count_if(
      offered.os_features, [&](const auto& feature) { return !contains(wanted.os_features, feature); });
  fit.spare_features = std::string::npos - static_cast<std::size_t>(unasked);
  return std::ranges::all_of(wanted.os_features,
                             [&](const auto& feature) { return contains(offered.os_features, feature); });
}

// Both are normalised.
std::optional<Fit> fit_of(const Platform& wanted, const Platform& offered) {
  Fit fit;
  if (offered.os.empty() || (!wanted.os.empty() && wanted.os != offered.os)) return std::nullopt;
  const bool any_architecture = wanted.architecture.empty();
  if (!any_architecture && wanted.architecture != offered.architecture) return std::nullopt;
  if (any_architecture) {
    fit.same_variant = true;
  } else if (!fits_variant(wanted, offered, fit)) {
    return std::nullopt;
  }
  if (!fits_os_version(wanted, offered, fit) || !fits_features(wanted, offered, fit)) return std::nullopt;
  return fit;
}

std::string reason_for(const Platform& wanted, const Platform& offered, const Fit& fit) {
  if (!fit.same_variant) return "an image for " + offered.text() + " also runs on " + wanted.text();
  if (!wanted.os_version.empty() && !fit.same_os_version) {
    return fit.names_os_version ? "the newest revision of the Windows build asked for is " + offered.os_version
                                : "the image names no Windows build";
  }
  const bool exact = wanted.os_version == offered.os_version && !wanted.architecture.empty();
  return exact ? "exact match" : "the first that matches " + wanted.text();
}

}  // namespace

bool matches(const Platform& wanted, const Platform& offered) {
  return fit_of(wanted.normalised(), offered.normalised()).has_value();
}

std::optional<PlatformChoice> choose_platform(const Platform& wanted, std::span<const Platform> offered) {
  const auto plain_wanted = wanted.normalised();
  std::optional<Fit> best;
  std::optional<std::string> architecture;
  PlatformChoice choice;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const auto candidate = offered[i].normalised();
    const auto fit = fit_of(plain_wanted, candidate);
    if (!fit) continue;
    if (architecture && *architecture != candidate.architecture) return std::nullopt;
    architecture = candidate.architecture;
    if (best && *fit <= *best) continue;
    best = fit;
    choice = {.position = i, .reason = reason_for(plain_wanted, candidate, *fit)};
  }
  if (!best) return std::nullopt;
  return choice;
}

}  // namespace dray
