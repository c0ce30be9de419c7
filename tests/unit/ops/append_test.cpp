#include <gtest/gtest.h>

#include <dray/format/image_config.hpp>
#include <dray/ops/append.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/verify.hpp>

#include "fake_places.hpp"
#include "images.hpp"
#include "support/image_maker.hpp"

namespace dray::ops {
namespace append_test {
namespace {

NewLayer layer_of(std::string path, std::string bytes) {
  return {std::move(path), [bytes = std::move(bytes)]() -> Result<std::unique_ptr<ByteSource>> {
            return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(bytes));
          }};
}

const std::string& tar() {
  static const std::string bytes = dray::testing::make_tar({{"bin/hello", "hello\n", 0755}, {"etc/motd", "welcome\n"}});
  return bytes;
}

struct Made {
  Manifest manifest;
  ImageConfig config;
};

class AppendTest : public ::testing::Test {
 protected:
  AppendTest() { options_.platform = testing::platform("linux/amd64"); }

  Result<Descriptor> make(const std::vector<NewLayer>& layers) {
    return append(nullptr, nullptr, layers, sink_, "new", options_, {});
  }
  Result<Descriptor> make_on(testing::FakeStore& base, const std::vector<NewLayer>& layers) {
    const ManifestName name = std::string("base");
    return append(&base, &name, layers, sink_, "new", options_, {});
  }
  Made made() {
    auto manifest = std::get<Manifest>(fetch_manifest(sink_, std::string("new"), {}).value().parsed);
    const auto config = read_blob(sink_, manifest.config, 1 << 20, {}).value();
    return {std::move(manifest), ImageConfig::parse(config).value()};
  }
  std::string bytes_of(const Descriptor& blob) { return read_blob(sink_, blob, 1 << 20, {}).value(); }

  testing::FakeStore sink_;
  AppendOptions options_;
};

TEST_F(AppendTest, MakesAnImageOfATar) {
  options_.entrypoint = {"/bin/hello"};
  options_.env = {"A=1", "B=2", "A=3"};
  options_.labels = {{"who", "me"}};
  const auto descriptor = make({layer_of("/some/where/rootfs.tar", tar())}).value();
  const auto image = made();
  EXPECT_EQ(descriptor.media_type, media_types::oci_manifest);
  ASSERT_EQ(image.manifest.layers.size(), 1U);
  EXPECT_EQ(image.manifest.layers[0].media_type, media_types::oci_layer_gzip);
  EXPECT_EQ(image.config.platform.text(), "linux/amd64");
  EXPECT_EQ(image.config.diff_ids, (std::vector<DiffId>{DiffId(Digest::of(as_bytes(tar())))}));
  EXPECT_EQ(image.config.entrypoint, (std::vector<std::string>{"/bin/hello"}));
  EXPECT_EQ(image.config.env, (std::vector<std::string>{"A=3", "B=2"}));
  EXPECT_EQ(image.config.labels.at("who"), "me");
  EXPECT_EQ(image.config.created, "1970-01-01T00:00:00Z");
  ASSERT_EQ(image.config.history.size(), 1U);
  EXPECT_EQ(image.config.history[0].created_by, "dray append rootfs.tar");
}

TEST_F(AppendTest, TheSameInputGivesTheSameDigests) {
  const auto first = make({layer_of("a.tar", tar())}).value();
  testing::FakeStore other;
  EXPECT_EQ(append(nullptr, nullptr, {layer_of("/tmp/a.tar", tar())}, other, "new", options_, {}).value(), first);
}

TEST_F(AppendTest, KeepsACompressedLayerByteForByte) {
  const auto packed = dray::testing::gzip(tar(), 1);
  ASSERT_TRUE(make({layer_of("a.tgz", packed)}));
  const auto image = made();
  EXPECT_EQ(bytes_of(image.manifest.layers[0]), packed);
  EXPECT_EQ(image.config.diff_ids[0], DiffId(Digest::of(as_bytes(tar()))));
}

TEST_F(AppendTest, StoresPlainTarsAsAsked) {
  options_.compression = Compression::none;
  ASSERT_TRUE(make({layer_of("a.tar", tar())}));
  EXPECT_EQ(bytes_of(made().manifest.layers[0]), tar());
  EXPECT_EQ(made().manifest.layers[0].media_type, media_types::oci_layer);
  options_.compression = Compression::zstd;
  ASSERT_TRUE(make({layer_of("a.tar", tar())}));
  EXPECT_EQ(made().manifest.layers[0].media_type, media_types::oci_layer_zstd);
  EXPECT_EQ(made().config.diff_ids[0], DiffId(Digest::of(as_bytes(tar()))));
}

TEST_F(AppendTest, WritesDockersTypes) {
  options_.docker_types = true;
  ASSERT_TRUE(make({layer_of("a.tar", tar())}));
  const auto image = made();
  EXPECT_EQ(image.manifest.media_type, media_types::docker_manifest);
  EXPECT_EQ(image.manifest.config.media_type, media_types::docker_config);
  EXPECT_EQ(image.manifest.layers[0].media_type, media_types::docker_layer_gzip);
}

TEST_F(AppendTest, PutsALayerOnABase) {
  testing::FakeStore base;
  const auto old = testing::put_image(base, {"base layer"}, "linux/amd64", "base");
  options_.env = {"EXTRA=1"};
  options_.docker_types = true;  // no matter: the base decides
  ASSERT_TRUE(make_on(base, {layer_of("app.tar", tar())}));
  const auto image = made();
  ASSERT_EQ(image.manifest.layers.size(), 2U);
  EXPECT_EQ(image.manifest.layers[0], old.manifest.layers[0]);
  EXPECT_EQ(image.manifest.layers[1].media_type, media_types::oci_layer_gzip);
  EXPECT_TRUE(sink_.has_blob(image.manifest.layers[0], {}).value());
  EXPECT_EQ(image.config.diff_ids.size(), 2U);
  EXPECT_EQ(image.config.history.size(), 2U);
  EXPECT_EQ(image.config.env, (std::vector<std::string>{"PATH=/bin", "EXTRA=1"}));
  EXPECT_EQ(image.config.cmd, (std::vector<std::string>{"sh"}));
  EXPECT_FALSE(sink_.has_manifest(old.raw.descriptor.digest, {}).value());
}

TEST_F(AppendTest, RefusesABaseForAnotherPlatform) {
  testing::FakeStore base;
  testing::put_image(base, {"base layer"}, "linux/arm64", "base");
  EXPECT_EQ(make_on(base, {layer_of("app.tar", tar())}).error().code(), ErrorCode::not_found);
}

TEST_F(AppendTest, ANewImageNeedsAPlatform) {
  options_.platform.reset();
  EXPECT_EQ(make({layer_of("a.tar", tar())}).error().code(), ErrorCode::invalid_input);
  EXPECT_TRUE(sink_.log().empty());
}

struct BadTar {
  std::string name;
  std::string bytes;
};

TEST_F(AppendTest, RefusesWhatIsNoSoundTarAndStoresNothing) {
  const auto packed = dray::testing::gzip(tar());
  const std::vector<BadTar> bad = {{"truncated tar", tar().substr(0, 700)},
                                   {"no tar", std::string(4096, 'x')},
                                   {"truncated gzip", packed.substr(0, packed.size() - 9)},
                                   {"rubbish behind gzip", packed + "rubbish"},
                                   {"gzip of no tar", dray::testing::gzip(std::string(4096, 'x'))}};
  for (const auto& [name, bytes] : bad) {
    const auto result = make({layer_of("bad.tar", bytes)});
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code(), ErrorCode::invalid_input) << name;
    EXPECT_NE(result.error().message().find("layer bad.tar"), std::string::npos) << name;
    EXPECT_TRUE(sink_.log().empty()) << name;
  }
}

}  // namespace
}  // namespace append_test
}  // namespace dray::ops
