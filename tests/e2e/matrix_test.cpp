// Five images between every pair of places: digests, layers and configs stay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <tuple>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace matrix_test {
namespace {

using ::testing::HasSubstr;

/// A place of some kind, and how images in it are named.
class AnyPlace {
 public:
  virtual ~AnyPlace() = default;
  [[nodiscard]] virtual std::string image(const std::string& name) const = 0;
};

class DebianPlace final : public AnyPlace {
 public:
  [[nodiscard]] std::string image(const std::string& name) const override {
    return registry_.host_port() + "/" + name + ":v";
  }

 private:
  DockerRegistry registry_;
};

class ServePlace final : public AnyPlace {
 public:
  ServePlace(const Dray& dray, const std::string& folder) : served_(dray, dray / folder, {}, {}) {}
  [[nodiscard]] std::string image(const std::string& name) const override {
    return served_.host_port() + "/" + name + ":v";
  }

 private:
  Served served_;
};

/// Files and folders: each image in one of its own.
class DiskPlace final : public AnyPlace {
 public:
  DiskPlace(std::string scheme, std::string folder, std::string tag)
      : begin_(std::move(scheme) + ":" + std::move(folder) + "-"), tag_(std::move(tag)) {}
  [[nodiscard]] std::string image(const std::string& name) const override { return begin_ + name + tag_; }

 private:
  std::string begin_;
  std::string tag_;
};

struct PlaceKindUnderTest {
  const char* name;
  std::function<std::unique_ptr<AnyPlace>(const Dray&, const std::string& folder)> make;
};

std::unique_ptr<AnyPlace> on_disk(const std::string& scheme, const std::string& folder, const std::string& tag) {
  return std::make_unique<DiskPlace>(scheme, folder, tag);
}

const std::vector<PlaceKindUnderTest>& kinds() {
  static const std::vector<PlaceKindUnderTest> all = {
      {"DockerRegistry", [](const Dray&, const std::string&) { return std::make_unique<DebianPlace>(); }},
      {"Served",
       [](const Dray& dray, const std::string& folder) { return std::make_unique<ServePlace>(dray, folder); }},
      {"Layout", [](const Dray&, const std::string& folder) { return on_disk("oci", folder, ":v"); }},
      {"OciArchive", [](const Dray&, const std::string& folder) { return on_disk("oci-archive", folder, ":v"); }},
      {"DockerArchive",
       [](const Dray&, const std::string& folder) { return on_disk("docker-archive", folder, ":team/app:v"); }},
      {"Directory", [](const Dray&, const std::string& folder) { return on_disk("dir", folder, ""); }}};
  return all;
}

ImageSpec zstd_spec() {
  ImageSpec spec{.format = Format::oci};
  spec.layers[0].packing = Packing::zstd;
  spec.layers.push_back({.random_size = 300'000, .packing = Packing::zstd});
  return spec;
}

class Matrix : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  Matrix() {
    write_layout(dray / "docker", make_layered(3, 300'000, Format::docker), "v");
    write_layout(dray / "oci", make_layered(3, 300'000, Format::oci), "v");
    write_layout(dray / "zstd", make_image(zstd_spec()), "v");
    write_layout(dray / "platforms", make_multi_platform(Format::oci), "v");
    // The bytes of its foreign layer are here; the URLs are known and not asked.
    const auto foreign = with_urls(make_layered(2, 50'000, Format::docker), 0, {"https://layers.example/one"});
    write_layout(dray / "foreign", foreign, "v");
    write_bytes(blob_in_layout(dray / "foreign", foreign.layers[0].blob.digest), *foreign.layers[0].blob.bytes);
    from = kinds()[std::get<0>(GetParam())].make(dray, "from");
    to = kinds()[std::get<1>(GetParam())].make(dray, "to");
  }

  std::string digest_of(std::vector<std::string> words) const {
    words.insert(words.end(), {"--jq", ".digest"});
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  Dray dray;
  std::unique_ptr<AnyPlace> from;
  std::unique_ptr<AnyPlace> to;
};

std::string pair_name(const ::testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& row) {
  return std::string(kinds()[std::get<0>(row.param)].name) + "To" + kinds()[std::get<1>(row.param)].name;
}

INSTANTIATE_TEST_SUITE_P(Places, Matrix,
                         ::testing::Combine(::testing::Range<std::size_t>(0, kinds().size()),
                                            ::testing::Range<std::size_t>(0, kinds().size())),
                         pair_name);

TEST_P(Matrix, ImagesKeepDigestsLayersAndConfigs) {
  for (const std::string name : {"docker", "oci", "zstd", "platforms", "foreign"}) {
    SCOPED_TRACE(name);
    const auto digest = digest_of({"digest", "oci:" + name + ":v"});
    EXPECT_EQ(digest_of({"copy", "oci:" + name + ":v", from->image(name)}), digest);
    EXPECT_EQ(digest_of({"copy", from->image(name), to->image(name)}), digest);
    EXPECT_EQ(digest_of({"copy", to->image(name), "oci:back-" + name + ":v"}), digest);
    expect_same_blobs(dray / ("back-" + name), dray / name);
  }
}

/// What a place does with an image whose foreign layer was left behind: docker's archives refuse it.
TEST_P(Matrix, LayerThatWasLeftBehindIsLackedOrRefused) {
  const auto digest = digest_of({"digest", "oci:foreign:v"});
  const bool from_docker = from->image("").starts_with("docker-archive:");
  const bool to_docker = to->image("").starts_with("docker-archive:");
  const Outcome first = dray({"copy", "--foreign", "skip", "oci:foreign:v", from->image("thin")});
  EXPECT_EQ(first.status, from_docker ? 1 : 0) << first.err;
  const auto source = from_docker ? "oci:foreign:v" : from->image("thin");
  const Outcome second = dray({"copy", "--foreign", "skip", source, to->image("thin")});
  EXPECT_EQ(second.status, to_docker ? 1 : 0) << second.err;
  if (to_docker) {
    EXPECT_THAT(second.err, HasSubstr("docker cannot load"));
    EXPECT_THAT(second.err, HasSubstr("--foreign include"));
  } else {
    EXPECT_EQ(digest_of({"digest", to->image("thin")}), digest);
  }
}

}  // namespace
}  // namespace matrix_test
}  // namespace dray::testing
