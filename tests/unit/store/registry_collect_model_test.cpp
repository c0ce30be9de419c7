#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "registry_testing.hpp"

namespace dray {
namespace registry_collect_model_test {
namespace {

using testing::blob_of;
using ::testing::IsEmpty;
using testing::push_blob;
using testing::put;
using testing::TestImage;

/// What one repository should hold, told apart from the code under test.
struct ModelRepository {
  struct Revision {
    std::set<Digest> blobs;
    std::set<Digest> entries;
    std::optional<Digest> subject;
  };
  std::map<Digest, Revision> revisions;
  std::map<std::string, Digest> tags;
  std::set<Digest> links;

  [[nodiscard]] std::set<Digest> reachable() const {
    std::set<Digest> found;
    for (const auto& [tag, digest] : tags) found.insert(digest);
    for (std::size_t before = 0; before != found.size();) {
      before = found.size();
      for (const auto& [digest, revision] : revisions) {
        if (found.contains(digest)) found.insert(revision.entries.begin(), revision.entries.end());
        if (revision.subject && found.contains(*revision.subject)) found.insert(digest);
      }
      std::erase_if(found, [&](const auto& digest) { return !revisions.contains(digest); });
    }
    return found;
  }
  void collect(bool untagged) {
    const auto reached = reachable();
    if (untagged) std::erase_if(revisions, [&](const auto& entry) { return !reached.contains(entry.first); });
    const auto named = needed();
    std::erase_if(links, [&](const auto& digest) { return !named.contains(digest); });
  }
  [[nodiscard]] std::set<Digest> needed() const {
    std::set<Digest> found;
    for (const auto& [digest, revision] : revisions) {
      found.insert(digest);
      found.insert(revision.blobs.begin(), revision.blobs.end());
    }
    return found;
  }
};

class RegistryCollectModel : public testing::RegistryFolderTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  [[nodiscard]] unsigned draw(std::size_t below) { return static_cast<unsigned>(random_() % below); }
  [[nodiscard]] std::string layer() { return "layer" + std::to_string(draw(25)); }
  /// A manifest of the repository, or one that is not there.
  [[nodiscard]] Descriptor some_manifest(const ModelRepository& model) {
    if (model.revisions.empty() || draw(10) == 0) return blob_of("absent" + std::to_string(draw(3)));
    const auto at = std::next(model.revisions.begin(), draw(model.revisions.size()));
    return Descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = at->first, .size = 100};
  }
  [[nodiscard]] std::optional<Descriptor> some_subject(const ModelRepository& model) {
    return draw(3) == 0 ? std::optional(some_manifest(model)) : std::nullopt;
  }

  void push_image(const std::string& name, ModelRepository& model) {
    TestImage image{.mark = std::to_string(draw(40)), .subject = some_subject(model)};
    for (auto count = draw(4); count > 0; --count) image.layers.push_back(layer());
    testing::push_image(*registry_, name, image);
    auto& revision = model.revisions[image.manifest().descriptor.digest];
    revision = {};
    for (const auto& bytes : image.layers) revision.blobs.insert(blob_of(bytes).digest);
    revision.blobs.insert(blob_of(image.config()).digest);
    model.links.insert(revision.blobs.begin(), revision.blobs.end());
    if (image.subject) revision.subject = image.subject->digest;
    tag(name, model, image.manifest());
  }
  void push_index(const std::string& name, ModelRepository& model) {
    std::vector<Descriptor> entries;
    for (auto count = draw(4); count > 0; --count) entries.push_back(some_manifest(model));
    const auto subject = some_subject(model);
    const auto index = testing::index_of(entries, subject);
    put(*registry_, name, index, {}, subject ? std::optional(subject->digest) : std::nullopt);
    auto& revision = model.revisions[index.descriptor.digest];
    revision = {};
    for (const auto& entry : entries) revision.entries.insert(entry.digest);
    if (subject) revision.subject = subject->digest;
    tag(name, model, index);
  }
  void tag(const std::string& name, ModelRepository& model, const RawManifest& manifest) {
    if (draw(2) == 0) return;
    const auto tag = "tag" + std::to_string(draw(6));
    put(*registry_, name, manifest, {tag});
    model.tags.insert_or_assign(tag, manifest.descriptor.digest);
  }
  void change(const std::string& name, ModelRepository& model) {
    switch (draw(8)) {
      case 0:
        model.links.insert(push_blob(*registry_, name, layer()));
        return;
      case 1:
        if (model.tags.empty()) return;
        EXPECT_TRUE(registry_->remove_tag(name, model.tags.begin()->first));
        model.tags.erase(model.tags.begin());
        return;
      case 2: {
        const auto manifest = some_manifest(model);
        const auto removed = registry_->remove_manifest(name, manifest.digest);
        EXPECT_EQ(removed.has_value(), model.revisions.erase(manifest.digest) == 1);
        std::erase_if(model.tags, [&](const auto& entry) { return entry.second == manifest.digest; });
        return;
      }
      case 3:
      case 4:
        push_index(name, model);
        return;
      default:
        push_image(name, model);
    }
  }

  [[nodiscard]] std::set<Digest> links_on_disk(const std::string& name, const std::string& kind) const {
    std::set<Digest> found;
    for (const auto& file : files_below("docker/registry/v2/repositories/" + name + "/" + kind + "/sha256")) {
      found.insert(Digest::parse("sha256:" + file.substr(0, 64)).value());
    }
    return found;
  }
  void compare() {
    std::set<Digest> blobs;
    for (const auto& [name, model] : models_) {
      std::set<Digest> revisions;
      for (const auto& [digest, revision] : model.revisions) revisions.insert(digest);
      EXPECT_EQ(links_on_disk(name, "_manifests/revisions"), revisions);
      EXPECT_EQ(links_on_disk(name, "_layers"), model.links);
      std::vector<std::string> tags;
      for (const auto& [tag, digest] : model.tags) {
        tags.push_back(tag);
        EXPECT_EQ(registry_->get_manifest(name, tag).value()->descriptor.digest, digest);
      }
      const auto listed = registry_->list_tags(name, "", 100);
      EXPECT_EQ(listed ? listed->names : std::vector<std::string>(), tags);
      blobs.merge(model.needed());
      blobs.insert(model.links.begin(), model.links.end());
    }
    std::set<Digest> on_disk;
    for (const auto& file : files_below("docker/registry/v2/blobs/sha256")) {
      on_disk.insert(Digest::parse("sha256:" + file.substr(3, 64)).value());
    }
    EXPECT_EQ(on_disk, blobs);
    EXPECT_THAT(registry_->verify(false, {}).value().damage, IsEmpty());
  }

  std::mt19937 random_{GetParam()};
  std::map<std::string, ModelRepository> models_{{"a", {}}, {"a/b", {}}, {"c", {}}};
};

INSTANTIATE_TEST_SUITE_P(Seeds, RegistryCollectModel, ::testing::Range(1U, 9U),
                         [](const auto& row) { return "Seed" + std::to_string(row.param); });

TEST_P(RegistryCollectModel, S34LeavesExactlyWhatTheModelSays) {
  for (int round = 0; round < 6 && !HasFailure(); ++round) {
    for (int changes = 0; changes < 25; ++changes) {
      auto at = std::next(models_.begin(), draw(models_.size()));
      change(at->first, at->second);
    }
    clock_.advance(std::chrono::hours(2));
    const bool untagged = draw(2) == 0;
    const auto report = registry_->collect({.untagged = untagged}, {});
    ASSERT_TRUE(report) << report.error().message();
    for (auto& [name, model] : models_) model.collect(untagged);
    compare();
  }
}

}  // namespace
}  // namespace registry_collect_model_test
}  // namespace dray
