#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"

namespace dray::testing {

/// A place whose images can be changed, empty at first.
class ChangePlace {
 public:
  virtual ~ChangePlace() = default;
  /// How an image in it is named: `image("app", ":1")`.
  [[nodiscard]] virtual std::string image(std::string_view repository, std::string_view rest) const = 0;
};

struct ChangePlaceMaker {
  const char* name;
  std::function<std::unique_ptr<ChangePlace>(const Dray&)> make;
};

class DockerRegistryPlace final : public ChangePlace {
 public:
  explicit DockerRegistryPlace(DockerRegistryOptions options = {}) : registry_(std::move(options)) {}
  [[nodiscard]] std::string image(std::string_view repository, std::string_view rest) const override {
    return registry_.host_port() + "/" + std::string(repository) + std::string(rest);
  }

 private:
  DockerRegistry registry_;
};

class ServedPlace final : public ChangePlace {
 public:
  explicit ServedPlace(const Dray& dray, std::vector<std::string> words = {})
      : served_(dray, dray / "registry", {}, std::move(words)) {}
  [[nodiscard]] std::string image(std::string_view repository, std::string_view rest) const override {
    return served_.host_port() + "/" + std::string(repository) + std::string(rest);
  }

 private:
  Served served_;
};

class LayoutPlace final : public ChangePlace {
 public:
  [[nodiscard]] std::string image(std::string_view repository, std::string_view rest) const override {
    return "oci:" + std::string(repository) + std::string(rest);
  }
};

/// Debian's registry, our own, and an OCI layout.
[[nodiscard]] inline std::vector<ChangePlaceMaker> change_places() {
  return {{"DockerRegistry", [](const Dray&) { return std::make_unique<DockerRegistryPlace>(); }},
          {"Served", [](const Dray& dray) { return std::make_unique<ServedPlace>(dray); }},
          {"Layout", [](const Dray&) { return std::make_unique<LayoutPlace>(); }}};
}

/// A test that runs in each of them.
class InEachPlace : public ::testing::TestWithParam<ChangePlaceMaker> {
 protected:
  InEachPlace() : place_(GetParam().make(dray)) {}
  [[nodiscard]] std::string at(std::string_view repository, std::string_view rest) const {
    return place_->image(repository, rest);
  }
  /// What the program writes; it must end well.
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  /// The same without the line's end.
  std::string line(std::vector<std::string> words) const {
    auto out = ok(std::move(words));
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }

  Dray dray;

 private:
  std::unique_ptr<ChangePlace> place_;
};

[[nodiscard]] inline std::string place_name(const ::testing::TestParamInfo<ChangePlaceMaker>& row) {
  return row.param.name;
}

}  // namespace dray::testing
