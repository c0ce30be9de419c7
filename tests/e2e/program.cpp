#include "program.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/hashing.hpp"

namespace dray::testing {

Dray::Dray() {
  for (const char* name :
       {"DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "DRAY_REGISTRY", "DRAY_USERNAME", "DRAY_PASSWORD",
        "DRAY_TOKEN", "XDG_CONFIG_HOME", "NO_COLOR", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY",
        "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    environment_[name] = std::nullopt;
  }
  environment_["HOME"] = home_.path().string();
  environment_["XDG_RUNTIME_DIR"] = (home_ / "run").string();
  environment_["CONTAINERS_REGISTRIES_CONF"] = "/dev/null";  // mirrors are this machine's own too
  environment_["LC_ALL"] = "C.UTF-8";
}

Command Dray::command(std::vector<std::string> words) const {
  words.insert(words.begin(), DRAY_PROGRAM);
  return {std::move(words), environment_, {}, directory_.path()};
}

Outcome Dray::operator()(std::vector<std::string> words, std::string input) const {
  auto command = this->command(std::move(words));
  command.input = std::move(input);
  return run(std::move(command));
}

Outcome Dray::shell(const std::string& line) const {
  Command command{{"bash", "-o", "pipefail", "-c", line}, environment_, {}, directory_.path()};
  const auto folder = std::filesystem::path(DRAY_PROGRAM).parent_path().string();
  command.env["PATH"] = folder + ":/usr/local/bin:/usr/bin:/bin";
  return run(std::move(command));
}

void Dray::log_in(const std::string& registry, const std::string& user, const std::string& password) const {
  const auto pair = user + ":" + password;
  write_bytes(home_ / ".docker/config.json", R"({"auths":{")" + registry + R"(":{"auth":")" + base64(pair) + R"("}}})");
}

bool is_one_sentence(std::string_view err) {
  return err.starts_with("dray: ") && err.ends_with('\n') && std::count(err.begin(), err.end(), '\n') == 1;
}

std::vector<std::string> files_below(const std::filesystem::path& directory) {
  std::vector<std::string> files;
  if (!std::filesystem::exists(directory)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_directory()) files.push_back(entry.path().lexically_relative(directory).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void expect_same_blobs(const std::filesystem::path& mine, const std::filesystem::path& theirs) {
  const auto files = files_below(theirs / "blobs");
  ASSERT_FALSE(files.empty());
  EXPECT_EQ(files_below(mine / "blobs"), files);
  for (const auto& file : files) EXPECT_EQ(read_bytes(mine / "blobs" / file), read_bytes(theirs / "blobs" / file));
}

std::filesystem::path blob_in_layout(const std::filesystem::path& layout, const std::string& digest) {
  const auto colon = digest.find(':');
  return layout / "blobs" / digest.substr(0, colon) / digest.substr(colon + 1);
}

}  // namespace dray::testing
