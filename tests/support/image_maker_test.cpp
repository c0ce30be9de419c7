#include "support/image_maker.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/hashing.hpp"
#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {
namespace image_maker_test {
namespace {

TEST(ImageMaker, WritesTarThatGnuTarReads) {
  const TempDir directory;
  const std::string deep = std::string(90, 'd') + "/" + std::string(90, 'f');
  directory.write(
      "a.tar",
      make_tar(
          {{"dir/", "", 0755, '5'}, {"dir/file", "hello\n"}, {"dir/link", "", 0777, '2', "file"}, {deep, "deep"}}));
  const Outcome listing = run({{"tar", "-tvf", directory / "a.tar"}});
  EXPECT_EQ(listing.status, 0) << listing.err;
  EXPECT_NE(listing.out.find("-rw-r--r-- 0/0               6 1970-01-01"), std::string::npos) << listing.out;
  EXPECT_NE(listing.out.find("dir/link -> file"), std::string::npos);
  EXPECT_NE(listing.out.find(deep), std::string::npos);
}

TEST(ImageMaker, IsDeterministic) {
  EXPECT_EQ(make_layered(2, 1000).manifest.digest, make_layered(2, 1000).manifest.digest);
  EXPECT_NE(random_bytes(100, 1), random_bytes(100, 2));
}

TEST(ImageMaker, NamesWhatTheManifestNeeds) {
  const Image image = make_layered(60, 5000);
  const auto manifest = boost::json::parse(*image.manifest.bytes);
  const auto& layers = manifest.at("layers").as_array();
  ASSERT_EQ(layers.size(), 60U);
  EXPECT_EQ(layers[7].at("digest").as_string(), image.layers[7].blob.digest);
  EXPECT_EQ(layers[7].at("size").to_number<std::uint64_t>(), image.layers[7].blob.size());
  EXPECT_GT(image.layers[7].blob.size(), 5000U);
  EXPECT_EQ(manifest.at("config").at("digest").as_string(), digest_of(*image.config.bytes));
  const auto config = boost::json::parse(*image.config.bytes);
  EXPECT_EQ(config.at("rootfs").at("diff_ids").as_array().size(), 60U);
  EXPECT_EQ(config.at("history").as_array().size(), 61U);
}

TEST(ImageMaker, PutsForeignLayersBehindUrls) {
  const Index index = make_multi_platform(Format::docker, "http://127.0.0.1:1/layer");
  EXPECT_EQ(index.images.size(), 5U);
  const auto manifest = boost::json::parse(*index.images[4].manifest.bytes);
  EXPECT_EQ(manifest.at("layers").at(0).at("mediaType").as_string(),
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
  EXPECT_EQ(manifest.at("layers").at(0).at("urls").at(0).as_string(), "http://127.0.0.1:1/layer");
}

TEST(ImageMaker, PacksALayerInEachWay) {
  const TempDir directory;
  for (const auto& [packing, unpack] : {std::pair(Packing::gzip, "gzip"), std::pair(Packing::zstd, "zstd")}) {
    const Layer layer = make_layer({{TarEntry{"hello", "hello\n"}}, 0, 1, packing}, Format::oci);
    directory.write("layer", *layer.blob.bytes);
    const Outcome tar = run({{unpack, "-dc", directory / "layer"}});
    EXPECT_EQ(tar.status, 0) << tar.err;
    EXPECT_EQ(digest_of(tar.out), layer.diff_id) << unpack;
    EXPECT_TRUE(layer.blob.media_type.ends_with(unpack)) << layer.blob.media_type;
  }
  const Layer plain = make_layer({{TarEntry{"hello", "hello\n"}}, 0, 1, Packing::none}, Format::oci);
  EXPECT_EQ(plain.blob.digest, plain.diff_id);
}

TEST(ImageMaker, WritesLayoutThatSkopeoReads) {
  const TempDir directory;
  const Image image = make_layered(2, 1000, Format::oci);
  write_layout(directory / "layout", image, "one");
  const Outcome outcome = run({{"skopeo", "inspect", "--raw", "oci:" + (directory / "layout").string() + ":one"}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(digest_of(outcome.out), image.manifest.digest);
}

}  // namespace
}  // namespace image_maker_test
}  // namespace dray::testing
