#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>
#include <dray/core/platform.hpp>

#include "chars.hpp"
#include "quote.hpp"

namespace dray {
namespace {

struct Alias {
  std::string_view text;
  std::string_view architecture;
  std::string_view variant;
};

// What people and `uname` call the architectures that Go's names stand for.
constexpr std::array aliases{
    Alias{"x86_64", "amd64", ""},
    Alias{"x86-64", "amd64", ""},
    Alias{"i386", "386", ""},
    Alias{"i486", "386", ""},
    Alias{"i586", "386", ""},
    Alias{"i686", "386", ""},
    Alias{"aarch64", "arm64", ""},
    Alias{"armhf", "arm", "v7"},
    Alias{"armel", "arm", "v6"},
    Alias{"armv5l", "arm", "v5"},
    Alias{"armv5tel", "arm", "v5"},
    Alias{"armv5tejl", "arm", "v5"},
    Alias{"armv6l", "arm", "v6"},
    Alias{"armv7l", "arm", "v7"},
    Alias{"armv8l", "arm", "v8"},
    Alias{"mips64el", "mips64le", ""},
    Alias{"loongarch64", "loong64", ""},
};

constexpr std::array<std::string_view, 14> architectures{"386",     "amd64",   "arm",    "arm64",    "loong64",
                                                         "mips",    "mipsle",  "mips64", "mips64le", "ppc64",
                                                         "ppc64le", "riscv64", "s390x",  "wasm"};

bool is_architecture(std::string_view text) {
  return std::ranges::find(architectures, text) != architectures.end() ||
         std::ranges::find(aliases, text, &Alias::text) != aliases.end();
}

// The variant that a plain architecture already stands for is left out; save for arm, where it is written.
void normalise_variant(Platform& platform) {
  auto& variant = platform.variant;
  const bool is_arm = platform.architecture == "arm";
  const bool has_versions = is_arm || platform.architecture == "arm64" || platform.architecture == "amd64";
  if (has_versions && !variant.empty() && chars::is_digit(variant.front())) variant.insert(0, "v");
  if (is_arm && variant.empty()) variant = "v7";
  if (platform.architecture == "arm64" && (variant == "v8" || variant == "v8.0")) variant.clear();
  if (platform.architecture == "amd64" && variant == "v1") variant.clear();
}

Error bad_platform(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_input, "platform " + quote(text) + " " + std::string(why)};
}

bool is_part(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return chars::is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
  });
}

// Takes the OS version off the end, in either spelling: `:VERSION` or `,osver=VERSION`.
Result<std::string> take_os_version(std::string_view text, std::string_view& rest) {
  const auto mark = text.find_first_of(":,");
  rest = text.substr(0, mark);
  if (mark == std::string_view::npos) return std::string();
  auto version = text.substr(mark + 1);
  if (text[mark] == ',') {
    constexpr std::string_view key = "osver=";
    if (!version.starts_with(key)) return bad_platform(text, "may have ',osver=VERSION' behind it and nothing else");
    version.remove_prefix(key.size());
  }
  if (!is_part(version)) return bad_platform(text, "has no OS version behind its '" + std::string(1, text[mark]) + "'");
  return std::string(version);
}

std::string printable(std::string text) {
  std::ranges::replace_if(text, [](char c) { return !chars::is_printable(c); }, '?');
  return text;
}

}  // namespace

Result<Platform> Platform::parse(std::string_view text) {
  if (text.size() > limits::max_platform_chars) return bad_platform(text, "is too long");
  Platform platform;
  std::string_view rest;
  DRAY_TRY_ASSIGN(platform.os_version, take_os_version(text, rest));
  const auto bad_form = [text] {
    return bad_platform(text, "is not of the form os[/architecture[/variant]][:osversion]");
  };
  for (auto* const field : {&platform.os, &platform.architecture, &platform.variant}) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    if (!is_part(part)) return bad_form();
    *field = part;
    if (slash == std::string_view::npos) break;
    if (field == &platform.variant) return bad_form();
    rest.remove_prefix(slash + 1);
  }
  const auto os = chars::lowered(platform.os);
  if (is_architecture(os)) return bad_platform(text, "begins with an architecture: did you mean 'linux/" + os + "'?");
  return platform.normalised();
}

Platform Platform::host() {
  utsname names{};
  uname(&names);  // fails only for a bad address
  return of_machine(names.sysname, names.machine);
}

Platform Platform::of_machine(std::string_view system, std::string_view machine) {
  Platform platform;
  platform.os = chars::lowered(system);
  platform.architecture = machine;
  if (platform.os == "darwin") platform.os = "linux";
  return platform.normalised();
}

Platform Platform::normalised() const {
  Platform result = *this;
  result.os = chars::lowered(os);
  if (result.os == "macos") result.os = "darwin";
  result.architecture = chars::lowered(architecture);
  result.variant = chars::lowered(variant);
  const auto* const alias = std::ranges::find(aliases, result.architecture, &Alias::text);
  if (alias != aliases.end()) {
    result.architecture = alias->architecture;
    if (result.variant.empty()) result.variant = alias->variant;
  }
  normalise_variant(result);
  return result;
}

std::string Platform::text() const {
  std::string text = os.empty() ? "unknown" : os;
  if (!architecture.empty() || !variant.empty()) text += "/" + (architecture.empty() ? "unknown" : architecture);
  if (!variant.empty()) text += "/" + variant;
  if (!os_version.empty()) text += ":" + os_version;
  return printable(std::move(text));
}

}  // namespace dray
