#include <dray/base/file.hpp>
#include <dray/core/limits.hpp>
#include <dray/settings/docker_config.hpp>

#include <mutex>

#include "docker_config_document.hpp"
#include "host_key.hpp"

namespace dray::settings {
namespace {

using Logins = std::map<std::string, Login>;

class DockerConfig final : public client::CredentialSource {
 public:
  DockerConfig(std::optional<std::filesystem::path> file, Environment environment)
      : must_exist_(file.has_value()), path_(file ? *std::move(file) : default_path(environment)) {}

  Result<std::optional<client::Credential>> find(const Registry& registry, const std::string& /*repository*/) override {
    std::call_once(read_once_, [this] { logins_ = read(); });
    if (!logins_) return logins_.error();
    const auto found = logins_->find(lower_case(registry.text()));
    if (found == logins_->end()) return std::optional<client::Credential>();
    return std::optional(client::Credential{found->second.username, found->second.password, path_.string()});
  }

 private:
  /// Empty where there is no home.
  static std::filesystem::path default_path(const Environment& environment) {
    if (const auto folder = environment("DOCKER_CONFIG"); folder && !folder->empty()) {
      return std::filesystem::path(*folder) / "config.json";
    }
    const auto home = environment("HOME");
    if (!home || home->empty()) return {};
    return std::filesystem::path(*home) / ".docker" / "config.json";
  }

  [[nodiscard]] Result<Logins> read() const {
    if (path_.empty()) return Logins();
    const auto text = read_file(path_, limits::max_settings_bytes);
    if (!text) {
      if (text.error().code() == ErrorCode::not_found && !must_exist_) return Logins();
      return Error(text.error()).context("credentials file " + path_.string());
    }
    auto logins = parse_docker_config(*text);
    if (!logins) return std::move(logins).error().context("credentials file " + path_.string());
    return logins;
  }

  bool must_exist_;
  std::filesystem::path path_;
  std::once_flag read_once_;
  Result<Logins> logins_ = Logins();
};

}  // namespace

std::shared_ptr<client::CredentialSource> docker_config(std::optional<std::filesystem::path> file,
                                                        Environment environment) {
  return std::make_shared<DockerConfig>(std::move(file), std::move(environment));
}

}  // namespace dray::settings
