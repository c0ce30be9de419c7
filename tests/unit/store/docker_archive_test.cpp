#include <dray/store/image_archive.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <dray/format/tar.hpp>

#include "archive_testing.hpp"
#include "support/image_maker.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace docker_archive_test {
namespace {

using testing::blob_of;
using testing::content_at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::opener;
using testing::TarEntry;

const std::string layer_tar = testing::make_tar({{"hello", "hello\n"}});
const std::string second_tar = testing::make_tar({{"world", "world\n"}});

std::string config_of(const std::vector<std::string>& layers) {
  std::string ids;
  for (const auto& layer : layers) ids += (ids.empty() ? "\"" : ",\"") + blob_of(layer).digest.text() + "\"";
  return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[)" + ids + "]}}";
}

class DockerArchiveTest : public ::testing::Test {
 protected:
  void write(const std::vector<TarEntry>& entries) const { temp_.write("docker.tar", testing::make_tar(entries)); }
  [[nodiscard]] std::shared_ptr<ImageArchive> open() const {
    auto opened = ImageArchive::open(path_, ArchiveKind::docker);
    EXPECT_TRUE(opened) << opened.error().message();
    return opened ? *opened : nullptr;
  }
  [[nodiscard]] std::string error() const {
    const auto opened = ImageArchive::open(path_, ArchiveKind::docker);
    return opened ? "" : opened.error().message();
  }
  [[nodiscard]] Manifest manifest(const std::string& name) const {
    const auto raw = open()->get_manifest(name, {});
    EXPECT_TRUE(raw) << raw.error().message();
    return std::get<Manifest>(parse_manifest(raw->bytes, {}).value());
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    const auto bytes = testing::read_bytes(path_);
    StringSource source(bytes);
    TarReader reader(source);
    while (true) {
      const auto entry = reader.next();
      if (!entry || !*entry) return {};
      if ((*entry)->path != name) continue;
      return bytes.substr((*entry)->data_offset, (*entry)->size);
    }
  }

  testing::TempDir temp_;
  std::string path_ = (temp_ / "docker.tar").string();
};

// The classic form

TEST_F(DockerArchiveTest, ClassicImageGetsTheManifestOfItsBytes) {
  const auto config = config_of({layer_tar, second_tar});
  write({{"config.json", config},
         {"a/layer.tar", layer_tar},
         {"b/layer.tar", second_tar},
         {"manifest.json",
          R"([{"Config":"config.json","RepoTags":["app:1","app:latest"],"Layers":["a/layer.tar","b/layer.tar"]}])"}});
  EXPECT_THAT(open()->list_tags({}).value(), ElementsAre("app:1", "app:latest"));
  const auto image = manifest("app:1");
  EXPECT_EQ(image.media_type, media_types::docker_manifest);
  EXPECT_EQ(image.config.digest, blob_of(config).digest);
  ASSERT_EQ(image.layers.size(), 2U);
  EXPECT_EQ(image.layers[0].digest, blob_of(layer_tar).digest);
  EXPECT_EQ(image.layers[0].media_type, media_types::docker_layer);
  EXPECT_EQ(read_blob(*open(), image.layers[1], 1 << 20, {}).value(), second_tar);
  EXPECT_EQ(read_blob(*open(), image.config, 1 << 20, {}).value(), config);
}

TEST_F(DockerArchiveTest, NameIsFoundHoweverItIsWritten) {
  write({{"config.json", config_of({layer_tar})},
         {"layer.tar", layer_tar},
         {"manifest.json", R"([{"Config":"config.json","RepoTags":["app:latest"],"Layers":["layer.tar"]}])"}});
  for (const std::string name : {"app", "app:latest", "docker.io/library/app", "library/app:latest"}) {
    EXPECT_TRUE(open()->resolve(name, {})) << name;
  }
  EXPECT_EQ(open()->resolve("other", {}).error().code(), ErrorCode::not_found);
}

TEST_F(DockerArchiveTest, LinkedLayersAreFollowed) {
  const auto image = R"([{"Config":"config.json","RepoTags":null,"Layers":["a/layer.tar","b/layer.tar"]}])";
  for (const char type : {'1', '2'}) {
    const std::string target = type == '2' ? "../a/layer.tar" : "a/layer.tar";
    write({{"config.json", config_of({layer_tar, layer_tar})},
           {"a/layer.tar", layer_tar},
           {"b/layer.tar", "", 0777, type, target},
           {"manifest.json", image}});
    const auto manifests = open()->list_manifests();
    ASSERT_EQ(manifests.size(), 1U);
    const auto raw = open()->get_manifest(manifests.front().digest, {}).value();
    EXPECT_EQ(std::get<Manifest>(parse_manifest(raw.bytes, {}).value()).layers[1].digest, blob_of(layer_tar).digest);
  }
}

TEST_F(DockerArchiveTest, CompressedLayersKeepTheirBytes) {
  const auto gzipped = testing::gzip(layer_tar);
  const auto zstd = testing::zstd(second_tar);
  write({{"config.json", config_of({layer_tar, second_tar})},
         {"a.tar.gz", gzipped},
         {"b.tar.zst", zstd},
         {"manifest.json", R"([{"Config":"config.json","RepoTags":["app:1"],"Layers":["a.tar.gz","b.tar.zst"]}])"}});
  const auto image = manifest("app:1");
  EXPECT_EQ(image.layers[0].digest, blob_of(gzipped).digest);
  EXPECT_EQ(image.layers[0].media_type, media_types::docker_layer_gzip);
  EXPECT_EQ(image.layers[1].media_type, media_types::docker_layer_zstd);
  EXPECT_EQ(read_blob(*open(), image.layers[1], 1 << 20, {}).value(), zstd);
}

TEST_F(DockerArchiveTest, LayerThatIsNotWhatTheConfigSaysIsSeenWhenItIsRead) {
  write({{"config.json", config_of({second_tar})},
         {"layer.tar", layer_tar},
         {"manifest.json", R"([{"Config":"config.json","RepoTags":["app:1"],"Layers":["layer.tar"]}])"}});
  const auto image = manifest("app:1");
  EXPECT_EQ(read_blob(*open(), image.layers[0], 1 << 20, {}).error().code(), ErrorCode::digest_mismatch);
}

struct Broken {
  const char* name;
  const char* manifest;
  const char* says;
};
class BrokenDockerArchive : public DockerArchiveTest, public ::testing::WithParamInterface<Broken> {};
INSTANTIATE_TEST_SUITE_P(
    Manifests, BrokenDockerArchive,
    ::testing::Values(
        Broken{"NoJson", "[", "manifest.json"}, Broken{"NoArray", "{}", "it is no array of images"},
        Broken{"NoConfig", R"([{"Layers":[]}])", "image 0 of manifest.json: Config is missing"},
        Broken{"AbsentConfig", R"([{"Config":"x.json","Layers":[]}])", "its config x.json is not in the archive"},
        Broken{"ConfigOutside", R"([{"Config":"../config.json","Layers":[]}])", "is not in the archive"},
        Broken{"AbsentLayer", R"([{"Config":"config.json","Layers":["x.tar"]}])", "its layer x.tar is not in the"},
        Broken{"FewerLayers", R"([{"Config":"config.json","Layers":[]}])", "it has 0 layers, but its config"},
        Broken{"LayersNoArray", R"([{"Config":"config.json","Layers":"layer.tar"}])", "Layers is no array"},
        Broken{"LayerNoString", R"([{"Config":"config.json","Layers":[7]}])", "something else than strings"},
        Broken{"BadName", R"([{"Config":"config.json","RepoTags":["A b"],"Layers":["layer.tar"]}])", "image 0"}),
    [](const auto& row) { return row.param.name; });

TEST_P(BrokenDockerArchive, IsRefusedWithASentence) {
  write({{"config.json", config_of({layer_tar})}, {"layer.tar", layer_tar}, {"manifest.json", GetParam().manifest}});
  EXPECT_THAT(error(), HasSubstr(GetParam().says));
}

TEST_F(DockerArchiveTest, LastImageOfANameKeepsIt) {
  write({{"one.json", config_of({layer_tar})},
         {"two.json", config_of({second_tar})},
         {"one.tar", layer_tar},
         {"two.tar", second_tar},
         {"manifest.json", R"([{"Config":"one.json","RepoTags":["app:1"],"Layers":["one.tar"]},)"
                           R"({"Config":"two.json","RepoTags":["app:1"],"Layers":["two.tar"]}])"}});
  EXPECT_EQ(content_at(path_, "app:1", ArchiveKind::docker), second_tar);
}

TEST_F(DockerArchiveTest, ManyNamesAreReadAtOnceAndEndlessConfigsAreNot) {
  std::string names;
  for (int i = 0; i < 20'000; ++i) names += (names.empty() ? "\"app:" : ",\"app:") + std::to_string(i) + "\"";
  write({{"config.json", config_of({layer_tar})},
         {"layer.tar", layer_tar},
         {"manifest.json", R"([{"Config":"config.json","RepoTags":[)" + names + R"(],"Layers":["layer.tar"]}])"}});
  EXPECT_EQ(open()->list_tags({})->size(), 20'000U);
  auto config = config_of({layer_tar});
  config.insert(1, R"("x":")" + std::string(6U << 20U, 'x') + "\",");
  const std::string item = R"({"Config":"config.json","Layers":["layer.tar"]})";
  std::string items = item;
  for (int i = 0; i < 50; ++i) items += "," + item;
  write({{"config.json", config}, {"layer.tar", layer_tar}, {"manifest.json", "[" + items + "]"}});
  EXPECT_THAT(error(), HasSubstr("the configs and manifests of the archive have more than"));
}

TEST_F(DockerArchiveTest, SaysWhatTheFileIsInstead) {
  write({{"readme", "hello"}});
  EXPECT_THAT(error(), HasSubstr("it has no file manifest.json"));
  write({{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}});
  EXPECT_THAT(error(), HasSubstr("write oci-archive: instead"));
}

// What is written

Result<RawManifest> put_classic(ImageArchive& archive, const std::string& layer) {
  const auto config = config_of({layer});
  DRAY_TRY(archive.put_blob(blob_of(config), opener(config), {}));
  DRAY_TRY(archive.put_blob(blob_of(layer), opener(layer), {}));
  auto config_blob = blob_of(config);
  config_blob.media_type = MediaType::of(media_types::oci_config);
  const Manifest manifest{
      .media_type = MediaType::of(media_types::oci_manifest), .config = config_blob, .layers = {blob_of(layer)}};
  RawManifest raw{.descriptor = blob_of(""), .bytes = manifest.serialize()};
  raw.descriptor = blob_of(raw.bytes);
  raw.descriptor.media_type = manifest.media_type;
  return raw;
}

TEST_F(DockerArchiveTest, ImageIsDescribedForDockerAndKeepsItsManifest) {
  const auto archive = ImageArchive::create(path_, ArchiveKind::docker).value();
  const auto image = put_classic(*archive, layer_tar).value();
  ASSERT_TRUE(archive->set_tag("localhost:5000/app:1", image, {}));
  ASSERT_TRUE(archive->set_tag("app", image, {}));
  ASSERT_TRUE(archive->finish({}));
  const auto docker = Json::parse(file("manifest.json")).value();
  ASSERT_EQ(docker.as_array()->size(), 1U);
  const auto& item = docker.as_array()->front();
  EXPECT_EQ(item.find("RepoTags")->dump(), R"(["localhost:5000/app:1","app:latest"])");
  EXPECT_EQ(*item.find("Config")->as_string(),
            "blobs/sha256/" + std::string(blob_of(config_of({layer_tar})).digest.hex()));
  EXPECT_EQ(item.find("Layers")->dump(), "[\"blobs/sha256/" + std::string(blob_of(layer_tar).digest.hex()) + "\"]");
  EXPECT_EQ(open()->get_manifest("app:latest", {}).value().bytes, image.bytes);
}

TEST_F(DockerArchiveTest, ClassicArchiveThatIsChangedKeepsItsImages) {
  write({{"config.json", config_of({layer_tar})},
         {"layer.tar", layer_tar},
         {"manifest.json", R"([{"Config":"config.json","RepoTags":["app:1"],"Layers":["layer.tar"]}])"}});
  const auto before = open()->resolve("app:1", {}).value().digest;
  {
    const auto archive = ImageArchive::create(path_, ArchiveKind::docker).value();
    ASSERT_TRUE(archive->set_tag("other:2", put_classic(*archive, second_tar).value(), {}));
    ASSERT_TRUE(archive->finish({}));
  }
  EXPECT_EQ(open()->resolve("app:1", {}).value().digest, before);
  EXPECT_EQ(content_at(path_, "app:1", ArchiveKind::docker), layer_tar);
  EXPECT_EQ(content_at(path_, "other:2", ArchiveKind::docker), second_tar);
  EXPECT_EQ(Json::parse(file("manifest.json")).value().as_array()->size(), 2U);
}

TEST_F(DockerArchiveTest, ImageWithoutALayerIsRefusedBecauseDockerCouldNotLoadIt) {
  const auto archive = ImageArchive::create(path_, ArchiveKind::docker).value();
  const auto image = put_classic(*archive, layer_tar).value();
  ASSERT_TRUE(archive->remove_blob(blob_of(layer_tar).digest, {}));
  ASSERT_TRUE(archive->set_tag("app:1", image, {}));
  const auto finished = archive->finish({});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(finished.error().message(), HasSubstr("docker cannot load"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(DockerArchiveTest, TagsAreThoseOfTheRepositoryItIsCalledBy) {
  const auto archive = ImageArchive::create(path_, ArchiveKind::docker).value();
  const auto image = put_classic(*archive, layer_tar).value();
  ASSERT_TRUE(archive->set_tag("other:9", image, {}));
  archive->call_by(RepositoryName::parse("localhost:5000/app").value());
  ASSERT_TRUE(archive->set_tag("1", image, {}));
  EXPECT_THAT(archive->list_tags({}).value(), ElementsAre("1"));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_THAT(open()->list_tags({}).value(), ElementsAre("other:9", "localhost:5000/app:1"));
  EXPECT_EQ(open()->repositories().size(), 2U);
}

TEST_F(DockerArchiveTest, RemovedNameLeavesTheImageAndItsOtherNames) {
  const auto archive = ImageArchive::create(path_, ArchiveKind::docker).value();
  const auto image = put_classic(*archive, layer_tar).value();
  ASSERT_TRUE(archive->set_tag("app:1", image, {}));
  ASSERT_TRUE(archive->set_tag("app:2", image, {}));
  ASSERT_TRUE(archive->finish({}));
  ASSERT_TRUE(archive->remove_tag("app:1", {}));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_THAT(open()->list_tags({}).value(), ElementsAre("app:2"));
  EXPECT_EQ(content_at(path_, "app:2", ArchiveKind::docker), layer_tar);
}

}  // namespace
}  // namespace docker_archive_test
}  // namespace dray
