#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/platform.hpp>

namespace dray {
namespace platform_test {
namespace {

using testing::HasSubstr;

Platform make(std::string os, std::string architecture, std::string variant = "", std::string os_version = "") {
  return {.os = std::move(os),
          .architecture = std::move(architecture),
          .variant = std::move(variant),
          .os_version = std::move(os_version),
          .os_features = {}};
}

struct Good {
  const char* name;
  std::string_view text;
  Platform platform;
  std::string_view canonical;
};

TEST(PlatformParse, ReadsBothSpellingsAndNormalises) {
  const std::array rows{
      Good{"OS alone", "linux", make("linux", ""), "linux"},
      Good{"OS and architecture", "linux/amd64", make("linux", "amd64"), "linux/amd64"},
      Good{"variant", "linux/arm/v6", make("linux", "arm", "v6"), "linux/arm/v6"},
      Good{"OS version behind a colon", "windows/amd64:10.0.17763.379", make("windows", "amd64", "", "10.0.17763.379"),
           "windows/amd64:10.0.17763.379"},
      Good{"OS version as osver", "windows/amd64,osver=10.0.17763.379", make("windows", "amd64", "", "10.0.17763.379"),
           "windows/amd64:10.0.17763.379"},
      Good{"variant and OS version", "linux/arm/v7:1.2", make("linux", "arm", "v7", "1.2"), "linux/arm/v7:1.2"},
      Good{"variant and osver", "linux/arm/v7,osver=1.2", make("linux", "arm", "v7", "1.2"), "linux/arm/v7:1.2"},
      Good{"OS and its version", "windows:10.0.17763", make("windows", "", "", "10.0.17763"), "windows:10.0.17763"},
      Good{"x86_64", "linux/x86_64", make("linux", "amd64"), "linux/amd64"},
      Good{"x86-64", "linux/x86-64", make("linux", "amd64"), "linux/amd64"},
      Good{"i386", "linux/i386", make("linux", "386"), "linux/386"},
      Good{"aarch64", "linux/aarch64", make("linux", "arm64"), "linux/arm64"},
      Good{"armhf", "linux/armhf", make("linux", "arm", "v7"), "linux/arm/v7"},
      Good{"armel", "linux/armel", make("linux", "arm", "v6"), "linux/arm/v6"},
      Good{"macos", "macos/arm64", make("darwin", "arm64"), "darwin/arm64"},
      Good{"arm without variant", "linux/arm", make("linux", "arm", "v7"), "linux/arm/v7"},
      Good{"arm64 v8", "linux/arm64/v8", make("linux", "arm64"), "linux/arm64"},
      Good{"arm64 8", "linux/arm64/8", make("linux", "arm64"), "linux/arm64"},
      Good{"arm64 v9", "linux/arm64/v9", make("linux", "arm64", "v9"), "linux/arm64/v9"},
      Good{"amd64 v1", "linux/amd64/v1", make("linux", "amd64"), "linux/amd64"},
      Good{"amd64 v3", "linux/amd64/v3", make("linux", "amd64", "v3"), "linux/amd64/v3"},
      Good{"arm 6", "linux/arm/6", make("linux", "arm", "v6"), "linux/arm/v6"},
      Good{"upper case", "Linux/ARM64", make("linux", "arm64"), "linux/arm64"},
      Good{"attestation's", "unknown/unknown", make("unknown", "unknown"), "unknown/unknown"},
      Good{"never heard of", "plan9/vax", make("plan9", "vax"), "plan9/vax"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto platform = Platform::parse(row.text);
    ASSERT_TRUE(platform) << platform.error().message();
    EXPECT_EQ(*platform, row.platform) << platform->text();
    EXPECT_EQ(platform->text(), row.canonical);
    EXPECT_EQ(*Platform::parse(platform->text()), *platform);
    EXPECT_EQ(platform->normalised(), *platform);
  }
}

struct Bad {
  const char* name;
  std::string text;
  const char* says;
};

TEST(PlatformParse, RefusesWithAHint) {
  constexpr auto form = "is not of the form os[/architecture[/variant]][:osversion]";
  const std::array rows{
      Bad{"nothing", "", form},
      Bad{"architecture alone", "arm64", "did you mean 'linux/arm64'?"},
      Bad{"alias of an architecture alone", "x86_64", "did you mean 'linux/x86_64'?"},
      Bad{"architecture first", "amd64/linux", "begins with an architecture"},
      Bad{"slash behind", "linux/", form},
      Bad{"slash in front", "/amd64", form},
      Bad{"empty architecture", "linux//v7", form},
      Bad{"slash behind the variant", "linux/arm/v7/", form},
      Bad{"four parts", "linux/arm/v7/x", form},
      Bad{"blank", "linux/ amd64", form},
      Bad{"star", "linux/*", form},
      Bad{"NUL", std::string("linux\0", 6), form},
      Bad{"no version", "windows/amd64:", "has no OS version"},
      Bad{"no version behind osver", "windows/amd64,osver=", "has no OS version"},
      Bad{"other key", "windows/amd64,os.version=1", "',osver=VERSION'"},
      Bad{"both spellings", "windows/amd64:1,osver=1", "has no OS version"},
      Bad{"two platforms", "linux/amd64,linux/arm64", "',osver=VERSION'"},
      Bad{"slash in the version", "windows/amd64:10/0", "has no OS version"},
      Bad{"too long", "linux/" + std::string(300, 'a'), "is too long"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto platform = Platform::parse(row.text);
    ASSERT_FALSE(platform) << platform->text();
    EXPECT_EQ(platform.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(platform.error().message(), HasSubstr(row.says));
  }
}

TEST(PlatformText, ShowsWhatADocumentSays) {
  EXPECT_EQ(make("linux", "arm64", "v8").text(), "linux/arm64/v8");
  EXPECT_EQ(Platform{}.text(), "unknown");
  EXPECT_EQ(make("", "amd64").text(), "unknown/amd64");
  EXPECT_EQ(make("linux", "", "v7").text(), "linux/unknown/v7");
  EXPECT_EQ(make("li\x1bnux", "amd\n64").text(), "li?nux/amd?64");
}

struct Machine {
  std::string_view system;
  std::string_view machine;
  std::string_view platform;
};

TEST(PlatformOfMachine, MapsUname) {
  constexpr std::array rows{
      Machine{"Linux", "x86_64", "linux/amd64"},        Machine{"Linux", "i686", "linux/386"},
      Machine{"Linux", "aarch64", "linux/arm64"},       Machine{"Linux", "armv7l", "linux/arm/v7"},
      Machine{"Linux", "armv6l", "linux/arm/v6"},       Machine{"Linux", "armv5tejl", "linux/arm/v5"},
      Machine{"Linux", "armv8l", "linux/arm/v8"},       Machine{"Linux", "ppc64le", "linux/ppc64le"},
      Machine{"Linux", "s390x", "linux/s390x"},         Machine{"Linux", "riscv64", "linux/riscv64"},
      Machine{"Linux", "loongarch64", "linux/loong64"}, Machine{"Darwin", "arm64", "linux/arm64"},
      Machine{"Darwin", "x86_64", "linux/amd64"},       Machine{"FreeBSD", "amd64", "freebsd/amd64"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.system) + " " + std::string(row.machine));
    EXPECT_EQ(Platform::of_machine(row.system, row.machine).text(), row.platform);
  }
}

TEST(PlatformHost, IsLinuxOnTheCompilersArchitecture) {
  const auto host = Platform::host();
  EXPECT_EQ(host.os, "linux");
  EXPECT_EQ(host, host.normalised());
#if defined(__x86_64__)
  EXPECT_EQ(host.architecture, "amd64");
#elif defined(__aarch64__)
  EXPECT_EQ(host.architecture, "arm64");
#endif
}

}  // namespace
}  // namespace platform_test
}  // namespace dray
