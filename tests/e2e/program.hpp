#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {

/// The built program, run in a folder and with a home of its own, so that no settings of this machine reach it.
class Dray {
 public:
  Dray();

  /// Runs `dray` with these words to its end.
  [[nodiscard]] Outcome operator()(std::vector<std::string> words, std::string input = {}) const;
  /// What would be run: for a `Process`, or to be changed first.
  [[nodiscard]] Command command(std::vector<std::string> words) const;
  /// Runs a line through bash with the program in its PATH.
  [[nodiscard]] Outcome shell(const std::string& line) const;

  /// Where it runs; relative places lie here.
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_.path(); }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return directory_ / name; }
  std::filesystem::path write(std::string_view name, std::string_view bytes) const {
    return directory_.write(name, bytes);
  }
  /// Set for every run from now on; nothing: unset.
  void set_environment(const std::string& name, std::optional<std::string> value) {
    environment_[name] = std::move(value);
  }
  /// The folder that it takes for the person's home.
  [[nodiscard]] const std::filesystem::path& home() const noexcept { return home_.path(); }
  /// docker's config.json in the home, with one entry.
  void log_in(const std::string& registry, const std::string& user, const std::string& password) const;

 private:
  TempDir directory_;
  TempDir home_;
  std::map<std::string, std::optional<std::string>> environment_;
};

/// Whether `err` is one sentence as the program says it: `dray: `, one line, no more.
[[nodiscard]] bool is_one_sentence(std::string_view err);
/// Every file below a folder by its relative path; folders without files are not listed. Empty when it is not there.
[[nodiscard]] std::vector<std::string> files_below(const std::filesystem::path& directory);
/// Expects that the blobs of two layouts are the same files with the same bytes.
void expect_same_blobs(const std::filesystem::path& mine, const std::filesystem::path& theirs);
/// The path of a blob in an OCI layout.
[[nodiscard]] std::filesystem::path blob_in_layout(const std::filesystem::path& layout, const std::string& digest);

}  // namespace dray::testing
