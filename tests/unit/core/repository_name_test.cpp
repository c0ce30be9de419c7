#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/reference.hpp>

namespace dray {
namespace repository_name_test {
namespace {

using testing::HasSubstr;

struct Good {
  const char* name;
  std::string text;
  std::string registry;
  std::string path;
  std::string familiar;
};

TEST(RepositoryNameParse, ReadsAsDockerDoes) {
  const std::array rows{
      Good{"one word", "alpine", "docker.io", "library/alpine", "alpine"},
      Good{"two words", "grafana/loki", "docker.io", "grafana/loki", "grafana/loki"},
      Good{"library spelled out", "library/alpine", "docker.io", "library/alpine", "alpine"},
      Good{"Docker Hub spelled out", "docker.io/alpine", "docker.io", "library/alpine", "alpine"},
      Good{"Docker Hub's old name", "index.docker.io/grafana/loki", "docker.io", "grafana/loki", "grafana/loki"},
      Good{"library below library", "library/a/b", "docker.io", "library/a/b", "library/a/b"},
      Good{"localhost", "localhost/app", "localhost", "app", "localhost/app"},
      Good{"port", "registry:5000/app", "registry:5000", "app", "registry:5000/app"},
      Good{"dot", "mcr.microsoft.com/dotnet/core/runtime", "mcr.microsoft.com", "dotnet/core/runtime",
           "mcr.microsoft.com/dotnet/core/runtime"},
      Good{"one word elsewhere gets no library", "ghcr.io/app", "ghcr.io", "app", "ghcr.io/app"},
      Good{"upper-case registry", "FOO/bar", "FOO", "bar", "FOO/bar"},
      Good{"IPv6", "[::1]:5000/app", "[::1]:5000", "app", "[::1]:5000/app"},
      Good{"docker scheme", "docker://alpine", "docker.io", "library/alpine", "alpine"},
      Good{"separators", "a.b/c_d/e__f/g-h/i---j", "a.b", "c_d/e__f/g-h/i---j", "a.b/c_d/e__f/g-h/i---j"},
      Good{"digits", "0/1", "docker.io", "0/1", "0/1"},
      Good{"dots in one word", "a.b", "docker.io", "library/a.b", "a.b"},
      Good{"63 hex digits", std::string(63, 'a'), "docker.io", "library/" + std::string(63, 'a'), std::string(63, 'a')},
      Good{"64 hex digits below library", "library/" + std::string(64, 'a'), "docker.io",
           "library/" + std::string(64, 'a'), "docker.io/library/" + std::string(64, 'a')},
      Good{"a registry's name on Docker Hub", "docker.io/localhost/app", "docker.io", "localhost/app",
           "docker.io/localhost/app"},
      Good{"longest", "ghcr.io/" + std::string(247, 'a'), "ghcr.io", std::string(247, 'a'),
           "ghcr.io/" + std::string(247, 'a')},
      Good{"longest on Docker Hub", std::string(237, 'a'), "docker.io", "library/" + std::string(237, 'a'),
           std::string(237, 'a')},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto name = RepositoryName::parse(row.text);
    ASSERT_TRUE(name) << name.error().message();
    EXPECT_EQ(name->registry().text(), row.registry);
    EXPECT_EQ(name->path(), row.path);
    EXPECT_EQ(name->text(), row.registry + "/" + row.path);
    EXPECT_EQ(name->familiar(), row.familiar);
    EXPECT_EQ(*RepositoryName::parse(name->text()), *name);
    EXPECT_EQ(*RepositoryName::parse(name->familiar()), *name);
  }
}

struct Bad {
  const char* name;
  std::string text;
  const char* says;
};

TEST(RepositoryNameParse, RefusesWithAHint) {
  const std::string bad_part = "use lower-case letters and digits";
  const std::array rows{
      Bad{"nothing", "", "is empty"},
      Bad{"tag", "alpine:3", "written without a tag: 'alpine'"},
      Bad{"tag behind a registry", "ghcr.io/app:3", "written without a tag: 'ghcr.io/app'"},
      Bad{"registry alone", "localhost:5000", "to mean a registry, write 'localhost:5000/REPOSITORY'"},
      Bad{"digest", "alpine@sha256:" + std::string(64, 'a'), "written without a digest"},
      Bad{"image ID", std::string(64, 'a'), "look like an image ID"},
      Bad{"upper case", "Alpine", "repository name must be lowercase: write 'alpine'"},
      Bad{"upper case behind a registry", "ghcr.io/App", "repository name must be lowercase: write 'app'"},
      Bad{"slash behind", "alpine/", "has nothing on one side of a '/'"},
      Bad{"two slashes", "grafana//loki", "has nothing on one side of a '/'"},
      Bad{"registry and nothing", "ghcr.io/", "name is missing"},
      Bad{"slash in front", "/alpine", "has nothing on one side of a '/'"},
      Bad{"dots for parents", "a/../b", "has the part '..'"},
      Bad{"two dots", "a..b", "use lower-case letters and digits"},
      Bad{"three underscores", "a___b", "use lower-case letters and digits"},
      Bad{"dot and underscore", "a._b", "use lower-case letters and digits"},
      Bad{"separator in front", "a/-b", "has the part '-b'"},
      Bad{"separator behind", "a/b-", "has the part 'b-'"},
      Bad{"tilde", "a/~b", "has the part '~b'"},
      Bad{"blank", "a b", "a blank"},
      Bad{"newline", "alpine\n", "a blank"},
      Bad{"too long", "ghcr.io/" + std::string(248, 'a'), "longer than 255 characters"},
      Bad{"too long with library", std::string(238, 'a'), "longer than 255 characters"},
      Bad{"bad registry", "a_b.example/app", "no DNS name"},
      Bad{"bad port", "a.example:x/app", "no port"},
      Bad{"IPv6 without brackets", "::1:5000/app", "write an IPv6 address in brackets"},
      Bad{"IPv6 alone", "[::1]", "a registry alone names no repository"},
      Bad{"URL", "https://ghcr.io/app", "has no 'https://': write 'ghcr.io/app'"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto name = RepositoryName::parse(row.text);
    ASSERT_FALSE(name) << name->text();
    EXPECT_EQ(name.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(name.error().message(), HasSubstr(row.says));
  }
}

TEST(RepositoryNameMake, ChecksThePathAndReadsBack) {
  const auto ghcr = *Registry::parse("ghcr.io");
  EXPECT_EQ(RepositoryName::make(ghcr, "org/app")->text(), "ghcr.io/org/app");
  EXPECT_EQ(RepositoryName::make(Registry::docker_hub(), "alpine")->text(), "docker.io/library/alpine");
  for (const auto* bad : {"", "App", "app:3", "app@x", "../app", "app/"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(RepositoryName::make(ghcr, bad));
  }
}

}  // namespace
}  // namespace repository_name_test
}  // namespace dray
