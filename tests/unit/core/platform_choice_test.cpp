#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <dray/core/platform.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <vector>

namespace dray {
namespace platform_choice_test {
namespace {

using testing::HasSubstr;

Platform read(std::string_view text) {
  auto platform = Platform::parse(text);
  EXPECT_TRUE(platform) << text;
  return std::move(platform).value_or(Platform{});
}

std::string field(const std::string& object, const std::string& key) {
  std::smatch found;
  const std::regex pattern("\"" + key + "\": \"([^\"]*)\"");
  return std::regex_search(object, found, pattern) ? found[1].str() : "";
}

// The platform objects of a recorded manifest list, in its order. Reading JSON is the next layer's business; these
// files are flat enough to be read by a pattern.
std::vector<Platform> recorded_platforms(const std::string& file) {
  std::ifstream stream(std::string(DRAY_TESTDATA_DIR) + "/fixtures/mcr/" + file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const std::regex object(R"("platform": \{([^}]*)\})");
  std::vector<Platform> platforms;
  for (std::sregex_iterator at(text.begin(), text.end(), object), end; at != end; ++at) {
    const auto body = (*at)[1].str();
    platforms.push_back({.os = field(body, "os"),
                         .architecture = field(body, "architecture"),
                         .variant = field(body, "variant"),
                         .os_version = field(body, "os.version"),
                         .os_features = {}});
  }
  return platforms;
}

struct Row {
  const char* name;
  const char* wanted;
  std::optional<std::size_t> position;
  const char* reason = "";
};

void expect_choices(std::span<const Row> rows, std::span<const Platform> offered) {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto choice = choose_platform(read(row.wanted), offered);
    ASSERT_EQ(choice.has_value(), row.position.has_value());
    if (!choice) continue;
    EXPECT_EQ(choice->position, *row.position);
    EXPECT_THAT(choice->reason, HasSubstr(row.reason));
  }
}

TEST(ChoosePlatform, AnswersForTheRecordedDotnetCoreRuntime) {
  const auto offered = recorded_platforms("dotnet-core-runtime-3.0.list.json");
  ASSERT_EQ(offered.size(), 7U);
  constexpr std::array rows{
      Row{"amd64", "linux/amd64", 0, "exact match"},
      Row{"x86_64", "linux/x86_64", 0, "exact match"},
      Row{"amd64 v3 runs the plain one", "linux/amd64/v3", 0, "linux/amd64 also runs on linux/amd64/v3"},
      Row{"arm", "linux/arm", 1, "exact match"},
      Row{"armhf", "linux/armhf", 1, "exact match"},
      Row{"arm v8 falls back to v7", "linux/arm/v8", 1, "linux/arm/v7 also runs on linux/arm/v8"},
      Row{"arm v6 cannot run v7", "linux/arm/v6", {}},
      Row{"arm64 is its v8", "linux/arm64", 2, "exact match"},
      Row{"arm64 v9 runs v8", "linux/arm64/v9", 2, "also runs on linux/arm64/v9"},
      Row{"386 never gets amd64", "linux/386", {}},
      Row{"s390x", "linux/s390x", {}},
      Row{"another OS", "freebsd/amd64", {}},
      Row{"Windows without a version gets the first", "windows/amd64", 3, "the first that matches windows/amd64"},
      Row{"Windows, the very version", "windows/amd64:10.0.17134.648", 4, "exact match"},
      Row{"Windows, the other spelling", "windows/amd64,osver=10.0.17763.379", 5, "exact match"},
      Row{"Windows, another revision of a build", "windows/amd64:10.0.17763.1", 5, "newest revision"},
      Row{"Windows, a build alone", "windows/amd64:10.0.16299", 3, "10.0.16299.1029"},
      Row{"Windows, a build that is missing", "windows/amd64:10.0.18362.1", {}},
      Row{"Windows on arm", "windows/arm", 6, "the first that matches windows/arm/v7"},
      Row{"Windows on arm, wrong build", "windows/arm:10.0.17134.648", {}},
      Row{"Windows on arm64 gets nothing of arm", "windows/arm64", {}},
      Row{"OS alone, and several architectures", "linux", {}},
  };
  expect_choices(rows, offered);
}

TEST(ChoosePlatform, AnswersForTheRecordedDotnetRuntime) {
  const auto offered = recorded_platforms("dotnet-runtime-7.0.list.json");
  ASSERT_EQ(offered.size(), 5U);
  constexpr std::array rows{
      Row{"amd64", "linux/amd64", 0, "exact match"},
      Row{"arm v7", "linux/arm/v7", 1, "exact match"},
      Row{"arm64", "linux/arm64/v8", 2, "exact match"},
      Row{"Windows 2019", "windows/amd64:10.0.17763.4010", 3, "10.0.17763.3532"},
      Row{"Windows 2022", "windows/amd64:10.0.20348.1", 4, "10.0.20348.1129"},
      Row{"Windows of the one architecture there is", "windows", 3, "the first that matches windows"},
  };
  expect_choices(rows, offered);
}

TEST(ChoosePlatform, TakesTheNearestOlderVariantWhateverTheOrder) {
  std::vector<Platform> offered{read("linux/arm/v5"), read("linux/arm/v6"),   read("linux/arm64"),
                                read("linux/amd64"),  read("linux/amd64/v2"), read("linux/amd64/v4")};
  do {
    EXPECT_EQ(offered[choose_platform(read("linux/arm/v8"), offered)->position].text(), "linux/arm/v6");
    EXPECT_EQ(offered[choose_platform(read("linux/arm/v5"), offered)->position].text(), "linux/arm/v5");
    EXPECT_EQ(offered[choose_platform(read("linux/amd64/v3"), offered)->position].text(), "linux/amd64/v2");
    EXPECT_EQ(offered[choose_platform(read("linux/amd64"), offered)->position].text(), "linux/amd64");
  } while (std::next_permutation(offered.begin(), offered.end(),
                                 [](const Platform& a, const Platform& b) { return a.text() < b.text(); }));
}

TEST(ChoosePlatform, TakesTheNewestWindowsRevisionByNumber) {
  const std::array offered{read("windows/amd64:10.0.17763.379"), read("windows/amd64:10.0.17763.1040"),
                           read("windows/amd64:10.0.17763.99"), read("windows/amd64:10.0.20348.9999")};
  EXPECT_EQ(choose_platform(read("windows/amd64:10.0.17763.1"), offered)->position, 1U);
  EXPECT_EQ(choose_platform(read("windows/amd64:10.0.17763.379"), offered)->position, 0U);
}

TEST(ChoosePlatform, TakesAnImageWithoutAWindowsVersionOnlyForWantOfABetter) {
  const std::array offered{read("windows/amd64"), read("windows/amd64:10.0.17763.99")};
  EXPECT_EQ(choose_platform(read("windows/amd64:10.0.17763.1"), offered)->position, 1U);
  const auto other = choose_platform(read("windows/amd64:10.0.20348.1"), offered);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->position, 0U);
  EXPECT_THAT(other->reason, HasSubstr("names no Windows build"));
}

TEST(ChoosePlatform, TakesTheFirstOfEquals) {
  const std::array offered{read("linux/arm64"), read("linux/amd64"), read("linux/amd64")};
  EXPECT_EQ(choose_platform(read("linux/amd64"), offered)->position, 1U);
}

TEST(ChoosePlatform, NeverTakesAnEntryWithoutAPlatformOrAnAttestation) {
  const std::array offered{Platform{}, read("unknown/unknown")};
  EXPECT_FALSE(choose_platform(read("linux/amd64"), offered));
  EXPECT_FALSE(choose_platform(read("linux"), offered));
  EXPECT_FALSE(choose_platform(read("linux/amd64"), {}));
}

TEST(ChoosePlatform, PrefersFewerFeaturesThanAskedFor) {
  auto needs_win32k = read("windows/amd64:10.0.17763.1");
  needs_win32k.os_features = {"win32k"};
  const std::array offered{needs_win32k, read("windows/amd64:10.0.17763.1")};
  EXPECT_EQ(choose_platform(read("windows/amd64"), offered)->position, 1U);

  auto wanted = read("windows/amd64");
  wanted.os_features = {"win32k"};
  EXPECT_EQ(choose_platform(wanted, offered)->position, 0U);
}

struct Match {
  const char* name;
  const char* wanted;
  const char* offered;
  bool matches;
};

TEST(PlatformMatches, FollowsTheRules) {
  constexpr std::array rows{
      Match{"the same", "linux/amd64", "linux/amd64", true},
      Match{"another OS", "linux/amd64", "windows/amd64", false},
      Match{"another architecture", "linux/arm64", "linux/arm/v7", false},
      Match{"OS alone", "linux", "linux/arm64", true},
      Match{"OS alone, another OS", "linux", "windows/amd64", false},
      Match{"older arm", "linux/arm/v7", "linux/arm/v6", true},
      Match{"oldest arm", "linux/arm/v7", "linux/arm/v5", true},
      Match{"newer arm", "linux/arm/v5", "linux/arm/v6", false},
      Match{"newer amd64", "linux/amd64", "linux/amd64/v2", false},
      Match{"newer arm64", "linux/arm64", "linux/arm64/v8.2", false},
      Match{"variant by numbers", "linux/arm64/v8.10", "linux/arm64/v8.9", true},
      Match{"plain form of a named variant", "linux/riscv64/rva23u64", "linux/riscv64", true},
      Match{"named variant for the plain form", "linux/riscv64", "linux/riscv64/rva23u64", false},
      Match{"variant that is no version", "linux/arm/vfp", "linux/arm/v6", false},
      Match{"Windows build", "windows/amd64:10.0.17763.1", "windows/amd64:10.0.17763.379", true},
      Match{"Windows, two parts asked for", "windows/amd64:10.0", "windows/amd64:10.0.17763.379", true},
      Match{"Windows, another build", "windows/amd64:10.0.17134.379", "windows/amd64:10.0.17763.379", false},
      Match{"Windows, version that is no number", "windows/amd64:10.0.x", "windows/amd64:10.0.17763.379", false},
      Match{"version of another OS", "freebsd/amd64:14.1", "freebsd/amd64:14.1", true},
      Match{"other version of another OS", "freebsd/amd64:14.1", "freebsd/amd64:14.2", false},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(matches(read(row.wanted), read(row.offered)), row.matches);
  }
}

TEST(PlatformMatches, NormalisesWhatADocumentSays) {
  const Platform from_document{
      .os = "Linux", .architecture = "x86_64", .variant = "V1", .os_version = {}, .os_features = {}};
  EXPECT_TRUE(matches(read("linux/amd64"), from_document));
}

}  // namespace
}  // namespace platform_choice_test
}  // namespace dray
