#pragma once

#include <cstddef>
#include <dray/base/result.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// What a program runs on. A value as found in a document (never changed by reading) or as asked for by a person.
/// Source: OCI image-spec 1.1, image-index.md, "platform".
struct Platform {
  std::string os;            ///< `linux`, `windows`, …; GOOS values.
  std::string architecture;  ///< `amd64`, `arm64`, …; GOARCH values.
  std::string variant;       ///< `v7`; empty where none is given.
  std::string os_version;    ///< `10.0.17763.379`; Windows tells its images apart by it.
  std::vector<std::string> os_features;

  /// Reads `os[/arch[/variant]][:osversion]` or `os/arch[/variant],osver=VERSION`; the result is normalised.
  /// An architecture that is left out stays empty and means any.
  /// Errors: `invalid_input`; an architecture alone (`arm64`) is answered with the spelling that was meant.
  [[nodiscard]] static Result<Platform> parse(std::string_view text);

  /// The platform whose images this machine runs: its own, but linux on macOS.
  [[nodiscard]] static Platform host();
  /// The same for `uname`'s system and machine names, for example `Linux` and `armv7l`.
  [[nodiscard]] static Platform of_machine(std::string_view system, std::string_view machine);

  /// The same platform in one spelling: lower case, aliases resolved (`x86_64`, `aarch64`, `armhf`, `macos`),
  /// `arm` is `arm/v7`, `arm64/v8` is `arm64`, `amd64/v1` is `amd64`.
  [[nodiscard]] Platform normalised() const;

  /// `os/arch[/variant][:osversion]`, which `parse` reads. A missing OS is printed as `unknown`.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Platform&, const Platform&) = default;
};

/// True when an image for `offered` is what somebody who asks for `wanted` may be given:
/// the same OS and architecture; the same variant or an older one that it runs (arm v8 → v7 → v6 → v5, amd64 v3 → v2 →
/// v1, or the architecture's plain form); on Windows an `os.version` of the same build, its first three parts; every
/// feature asked for. What `wanted` leaves empty is not asked for, save the variant. Both sides are normalised here.
[[nodiscard]] bool matches(const Platform& wanted, const Platform& offered);

/// An entry of an index and why it was chosen.
struct PlatformChoice {
  std::size_t position = 0;
  std::string reason;  ///< For people: `exact match`, `linux/arm/v6 also runs on linux/arm/v7`, …
};

/// Chooses among the platforms of an index, in its order; an entry without a platform is an empty one and never chosen.
/// The same variant wins, else the nearest that is older; then on Windows the very version asked for, else the newest
/// revision of its build; then the fewest features that were not asked for; then the first entry. Another architecture
/// is never chosen: nothing is returned instead, also where `wanted` names none and the entries that fit have several.
[[nodiscard]] std::optional<PlatformChoice> choose_platform(const Platform& wanted, std::span<const Platform> offered);

}  // namespace dray
