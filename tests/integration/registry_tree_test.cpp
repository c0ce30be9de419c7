#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/base/clock.hpp>
#include <dray/core/digest.hpp>
#include <dray/core/digester.hpp>
#include <dray/format/json.hpp>
#include <dray/store/registry_folder.hpp>
#include <filesystem>

#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"
#include "support/raw_client.hpp"
#include "support/temp_dir.hpp"

// One folder, two programs in turn: our RegistryFolder and Debian's docker-registry. What one wrote the other serves,
// changes and gives back.

namespace dray::testing {
namespace registry_tree_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Digest digest_of_blob(const Blob& blob) { return Digest::parse(blob.digest).value(); }

class RegistryTree : public ::testing::Test {
 protected:
  // ---- ours
  void open() {
    theirs_.reset();
    auto opened = RegistryFolder::open(root_, {}, system_clock());
    ASSERT_TRUE(opened) << opened.error().message();
    ours_ = std::move(opened).value();
  }
  void push_to_us(const std::string& repository, const Blob& blob) {
    auto upload = ours_->begin_upload(repository, "", DigestAlgorithm::sha256).value();
    ASSERT_TRUE(upload->write(as_bytes(*blob.bytes)));
    const auto done = upload->commit(digest_of_blob(blob));
    ASSERT_TRUE(done) << done.error().message();
  }
  void put_to_us(const std::string& repository, const Blob& manifest, const std::vector<std::string>& tags) {
    const RawManifest raw{.descriptor = {.media_type = MediaType::parse(manifest.media_type).value(),
                                         .digest = digest_of_blob(manifest),
                                         .size = manifest.size()},
                          .bytes = *manifest.bytes};
    const auto done = ours_->put_manifest(repository, raw, tags, {});
    ASSERT_TRUE(done) << done.error().message();
  }
  void push_to_us(const std::string& repository, const Image& image, const std::vector<std::string>& tags) {
    push_to_us(repository, image.config);
    for (const auto& layer : image.layers) push_to_us(repository, layer.blob);
    put_to_us(repository, image.manifest, tags);
  }
  void expect_with_us(const std::string& repository, const Image& image, const std::string& tag) {
    const auto manifest = ours_->get_manifest(repository, tag);
    ASSERT_TRUE(manifest) << manifest.error().message();
    EXPECT_EQ((*manifest)->bytes, *image.manifest.bytes);
    EXPECT_EQ((*manifest)->descriptor.media_type.text(), image.manifest.media_type);
    for (const auto& layer : image.layers) {
      const auto opened = ours_->open_blob(repository, digest_of_blob(layer.blob));
      ASSERT_TRUE(opened) << opened.error().message();
      std::string bytes(layer.blob.size() + 1, '\0');
      EXPECT_EQ(read_at(opened->file, 0, std::as_writable_bytes(std::span(bytes))).value(), layer.blob.size());
      bytes.pop_back();
      EXPECT_EQ(bytes, *layer.blob.bytes);
    }
  }
  void expect_whole() {
    const auto report = ours_->verify(false, {}).value();
    for (const auto& damage : report.damage) ADD_FAILURE() << damage.repository << ": " << damage.what;
    EXPECT_THAT(report.strange, IsEmpty());
  }

  // ---- theirs
  void start() {
    ours_.reset();
    theirs_ = std::make_unique<DockerRegistry>(DockerRegistryOptions{.storage = root_});
  }
  RawAnswer ask(std::string_view method, const std::string& path, const Headers& headers = {},
                std::string_view body = {}) {
    return ask_once(method, theirs_->origin() + "/v2/" + path, headers, body);
  }
  /// Begins an upload and says where it goes on.
  std::string begin_with_them(const std::string& repository) {
    const auto answer = ask("POST", repository + "/blobs/uploads/", {}, "");
    EXPECT_EQ(answer.status, 202);
    return here(answer.headers.get("Location"));
  }
  /// The registry tells its address without the port, as the request's Host header had it.
  [[nodiscard]] std::string here(const std::string& location) const {
    return theirs_->origin() + location.substr(location.find("/v2/"));
  }
  void push_to_them(const std::string& repository, const Blob& blob) {
    const auto location = begin_with_them(repository);
    const auto answer = ask_once("PUT", location + "&digest=" + blob.digest, {}, *blob.bytes);
    EXPECT_EQ(answer.status, 201) << answer.body;
  }
  void push_to_them(const std::string& repository, const Image& image, const std::string& tag) {
    push_to_them(repository, image.config);
    for (const auto& layer : image.layers) push_to_them(repository, layer.blob);
    const auto answer = ask("PUT", repository + "/manifests/" + tag, {{"Content-Type", image.manifest.media_type}},
                            *image.manifest.bytes);
    EXPECT_EQ(answer.status, 201) << answer.body;
  }
  void expect_with_them(const std::string& repository, const Image& image, const std::string& tag) {
    for (const auto& name : {tag, image.manifest.digest}) {
      const auto answer = ask("GET", repository + "/manifests/" + name, {{"Accept", image.manifest.media_type}});
      EXPECT_EQ(answer.status, 200) << answer.body;
      EXPECT_EQ(answer.body, *image.manifest.bytes);
      EXPECT_EQ(answer.headers.get("Docker-Content-Digest"), image.manifest.digest);
    }
    for (const auto& layer : image.layers) {
      EXPECT_EQ(ask("GET", repository + "/blobs/" + layer.blob.digest).body, *layer.blob.bytes);
    }
  }
  [[nodiscard]] std::vector<std::string> their_tags(const std::string& repository) {
    const auto json = Json::parse(ask("GET", repository + "/tags/list").body).value();
    std::vector<std::string> tags;
    for (const auto& tag : *json.find("tags")->as_array()) tags.push_back(*tag.as_string());
    return tags;
  }

  TempDir temp_;
  fs::path root_ = temp_ / "registry";
  std::unique_ptr<RegistryFolder> ours_;
  std::unique_ptr<DockerRegistry> theirs_;
  const Image first_ = make_layered(3, 50'000);
  const Image second_ = make_layered(2, 1000, Format::oci);
  const Image third_ = make_image({.labels = {{"n", "3"}}});
};

TEST_F(RegistryTree, OfOursIsServedAndChangedByDistribution) {
  open();
  push_to_us("library/app", first_, {"one", "moving", "gone"});
  push_to_us("library/app", second_, {"moving"});
  push_to_us("other", third_, {"tag"});
  ASSERT_TRUE(ours_->mount_blob(digest_of_blob(third_.config), "other", "library/app"));
  ASSERT_TRUE(ours_->remove_tag("library/app", "gone"));
  (void)ours_->begin_upload("library/app", "", DigestAlgorithm::sha256).value();

  start();
  expect_with_them("library/app", first_, "one");
  expect_with_them("library/app", second_, "moving");
  expect_with_them("other", third_, "tag");
  EXPECT_EQ(ask("GET", "library/app/blobs/" + third_.config.digest).body, *third_.config.bytes);
  EXPECT_THAT(their_tags("library/app"), UnorderedElementsAre("moving", "one"));
  EXPECT_THAT(ask("GET", "_catalog").body, HasSubstr(R"(["library/app","other"])"));
  EXPECT_EQ(ask("GET", "library/app/manifests/gone").status, 404);
  push_to_them("library/app", third_, "new");
  push_to_them("fresh/name", first_, "tag");
  EXPECT_EQ(ask("DELETE", "other/manifests/" + third_.manifest.digest).status, 202);

  open();
  expect_with_us("library/app", first_, "one");
  expect_with_us("library/app", third_, "new");
  expect_with_us("fresh/name", first_, "tag");
  EXPECT_EQ(ours_->get_manifest("other", "tag").error().code(), ErrorCode::not_found);
  EXPECT_THAT(ours_->list_repositories("", 10).value().names, ElementsAre("fresh/name", "library/app", "other"));
  EXPECT_THAT(ours_->list_tags("library/app", "", 10).value().names, ElementsAre("moving", "new", "one"));
  expect_whole();
}

TEST_F(RegistryTree, OfDistributionIsServedAndChangedByUs) {
  start();
  push_to_them("library/app", first_, "one");
  push_to_them("library/app", second_, "two");
  push_to_them("other", third_, "tag");

  open();
  expect_with_us("library/app", first_, "one");
  expect_with_us("library/app", second_, "two");
  expect_with_us("other", third_, "tag");
  expect_whole();
  EXPECT_EQ(ours_->list_revisions("library/app").value().size(), 2U);
  push_to_us("library/app", third_, {"three", "two"});
  ASSERT_TRUE(ours_->remove_manifest("library/app", digest_of_blob(first_.manifest)));
  ASSERT_TRUE(ours_->remove_manifest("other", digest_of_blob(third_.manifest)));
  ASSERT_TRUE(ours_->collect({.untagged = true}, {}));
  expect_whole();

  start();
  expect_with_them("library/app", third_, "two");
  expect_with_them("library/app", third_, "three");
  EXPECT_THAT(their_tags("library/app"), UnorderedElementsAre("three", "two"));
  EXPECT_EQ(ask("GET", "library/app/manifests/one").status, 404);
  EXPECT_EQ(ask("GET", "other/manifests/tag").status, 404);
}

TEST_F(RegistryTree, UploadThatDistributionBeganGoesOnWithUs) {
  const std::string bytes = random_bytes(300'000, 1);
  const auto blob = make_blob("application/octet-stream", bytes);
  start();
  const auto location = begin_with_them("library/app");
  const auto patched = ask_once("PATCH", location, {}, bytes.substr(0, 100'000));
  ASSERT_EQ(patched.status, 202);
  const auto id = patched.headers.get("Docker-Upload-UUID");

  open();
  EXPECT_EQ(ours_->upload_offset("library/app", id, "").value(), 100'000U);
  auto upload = ours_->resume_upload("library/app", id, "").value();
  ASSERT_TRUE(upload->write(as_bytes(bytes.substr(100'000))));
  ASSERT_TRUE(upload->commit(digest_of_blob(blob)));
  upload.reset();

  start();
  EXPECT_EQ(ask("GET", "library/app/blobs/" + blob.digest).body, bytes);
}

TEST_F(RegistryTree, OfOursSurvivesTheCollectionOfDistribution) {
  open();
  push_to_us("library/app", first_, {"one"});
  push_to_us("library/app", second_, {});
  push_to_us("library/app", make_blob("application/octet-stream", "garbage"));
  start();
  const auto config =
      temp_.write("gc.yml", "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: '" + root_.string() + "'\n");
  const auto outcome = run({{"docker-registry", "garbage-collect", "--delete-untagged", config.string()}});
  ASSERT_EQ(outcome.status, 0) << outcome.err;

  open();
  expect_with_us("library/app", first_, "one");
  EXPECT_FALSE(ours_->get_manifest("library/app", digest_of_blob(second_.manifest)));
  EXPECT_FALSE(ours_->blob_size("library/app", digest_of_blob(make_blob("", "garbage"))));
  expect_whole();
}

}  // namespace
}  // namespace registry_tree_test
}  // namespace dray::testing
