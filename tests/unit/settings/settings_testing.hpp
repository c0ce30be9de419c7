#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <dray/settings/credentials.hpp>
#include <filesystem>
#include <map>
#include <string>

#include "support/temp_dir.hpp"

namespace dray::settings {

/// A home of its own, variables that the test sets, and helpers that it writes.
class Settings : public ::testing::Test {
 protected:
  Settings() { set("HOME", (folder_ / "home").string()); }

  void set(const std::string& name, const std::string& value) { values_[name] = value; }
  std::filesystem::path write(const std::string& name, const std::string& text) { return folder_.write(name, text); }

  /// A program `docker-credential-NAME` in `PATH`, run by sh.
  void write_helper(const std::string& name, const std::string& script) {
    const auto path = write("bin/docker-credential-" + name, "#!/bin/sh\n" + script);
    ::chmod(path.c_str(), 0755);
    set("PATH", (folder_ / "bin").string() + ":/usr/bin:/bin");
  }

  [[nodiscard]] CredentialOptions options() const {
    CredentialOptions options;
    options.environment = [values = values_](const std::string& name) -> std::optional<std::string> {
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : std::optional(found->second);
    };
    for (const auto& [name, value] : values_) options.variables.push_back(name + "=" + value);
    options.runtime_folder = folder_ / "run";
    return options;
  }
  [[nodiscard]] std::shared_ptr<Credentials> credentials() const { return Credentials::make(options()); }

  /// `USER:PASSWORD`, `USER <IDENTITY TOKEN`, `=REGISTRY TOKEN`, `nobody`, or `error: …`.
  static std::string who(Credentials& credentials, const std::string& registry, const std::string& repository = "app") {
    const auto found = credentials.find(Registry::parse(registry).value(), repository);
    if (!found) return "error: " + found.error().message();
    if (!*found) return "nobody";
    const auto& one = **found;
    if (!one.registry_token.empty()) return "=" + one.registry_token;
    if (!one.identity_token.empty()) return one.username + " <" + one.identity_token;
    return one.username + ":" + one.password;
  }
  [[nodiscard]] std::string who(const std::string& registry, const std::string& repository = "app") const {
    return who(*credentials(), registry, repository);
  }

  testing::TempDir folder_;
  std::map<std::string, std::string> values_;
};

}  // namespace dray::settings
