#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/settings/docker_config.hpp>
#include <fstream>
#include <map>

#include "support/temp_dir.hpp"

namespace dray::settings {
namespace {

using ::testing::HasSubstr;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

class DockerConfigTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  static std::string user_of(client::CredentialSource& source, const char* registry) {
    const auto found = source.find(Registry::parse(registry).value(), "app");
    if (!found) return "error: " + found.error().message();
    return *found ? (*found)->username : "nobody";
  }

  testing::TempDir folder_;
  const std::string bob_ = R"({"auths":{"r.example":{"username":"bob","password":"pw"}}})";
};

TEST_F(DockerConfigTest, FileThatIsGivenIsRead) {
  const auto path = write("mine.json", bob_);
  const auto source = docker_config(path, environment({}));
  const auto found = source->find(Registry::parse("r.example").value(), "app");
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->password, "pw");
  EXPECT_EQ((*found)->origin, path.string());
  EXPECT_EQ(user_of(*source, "other.example"), "nobody");
}

TEST_F(DockerConfigTest, FileThatIsGivenMustExist) {
  const auto source = docker_config(folder_.path() / "absent.json", environment({}));
  EXPECT_THAT(user_of(*source, "r.example"), HasSubstr("absent.json"));
}

TEST_F(DockerConfigTest, DockerConfigVariableNamesTheFolder) {
  write("d/config.json", bob_);
  write("h/.docker/config.json", R"({"auths":{"r.example":{"username":"eve","password":"x"}}})");
  const auto source = docker_config(std::nullopt, environment({{"DOCKER_CONFIG", (folder_.path() / "d").string()},
                                                               {"HOME", (folder_.path() / "h").string()}}));
  EXPECT_EQ(user_of(*source, "r.example"), "bob");
}

TEST_F(DockerConfigTest, HomeIsNext) {
  write("h/.docker/config.json", bob_);
  const auto source = docker_config(std::nullopt, environment({{"HOME", (folder_.path() / "h").string()}}));
  EXPECT_EQ(user_of(*source, "r.example"), "bob");
}

TEST_F(DockerConfigTest, NoFileAndNoHomeIsNobody) {
  EXPECT_EQ(user_of(*docker_config(std::nullopt, environment({{"HOME", folder_.path().string()}})), "r.example"),
            "nobody");
  EXPECT_EQ(user_of(*docker_config(std::nullopt, environment({})), "r.example"), "nobody");
}

TEST_F(DockerConfigTest, HubIsKnownByItsOldKey) {
  const auto path = write("c.json", R"({"auths":{"https://index.docker.io/v1/":{"username":"bob","password":"x"}}})");
  const auto source = docker_config(path, environment({}));
  EXPECT_EQ(user_of(*source, "docker.io"), "bob");
}

TEST_F(DockerConfigTest, BrokenFileNamesFileLineAndColumn) {
  const auto path = write("c.json", "{\n  oops\n}");
  const auto message = user_of(*docker_config(path, environment({})), "r.example");
  EXPECT_THAT(message, HasSubstr(path.string()));
  EXPECT_THAT(message, HasSubstr("line 2"));
  EXPECT_THAT(message, HasSubstr("column 3"));
}

}  // namespace
}  // namespace dray::settings
