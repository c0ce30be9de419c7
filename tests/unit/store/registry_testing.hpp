#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <dray/format/manifest.hpp>
#include <dray/store/registry_folder.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store_testing.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {

[[nodiscard]] inline std::unique_ptr<RegistryFolder> open_registry(const std::filesystem::path& path, Clock& clock,
                                                                   const RegistryFolderOptions& options = {}) {
  auto opened = RegistryFolder::open(path, options, clock);
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? std::move(opened).value() : nullptr;
}

/// Uploads bytes in one go and returns their digest.
inline Digest push_blob(RegistryStorage& registry, const std::string& repository, const std::string& bytes,
                        DigestAlgorithm algorithm = DigestAlgorithm::sha256) {
  const auto digest = blob_of(bytes, algorithm).digest;
  auto upload = registry.begin_upload(repository, "", algorithm);
  EXPECT_TRUE(upload) << upload.error().message();
  if (!upload) return digest;
  const auto written = (*upload)->write(as_bytes(bytes));
  EXPECT_TRUE(written) << written.error().message();
  const auto committed = (*upload)->commit(digest);
  EXPECT_TRUE(committed) << committed.error().message();
  return digest;
}

/// The bytes of an opened blob.
[[nodiscard]] inline std::string bytes_of(StoredBlob blob) {
  std::string bytes(static_cast<std::size_t>(blob.size), '\0');
  FileSource source(std::move(blob.file), {.begin = 0, .end = blob.size});
  EXPECT_TRUE(read_exactly(source, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

[[nodiscard]] inline Descriptor described(const std::string& bytes, std::string_view media_type) {
  auto descriptor = blob_of(bytes);
  descriptor.media_type = MediaType::of(media_type);
  return descriptor;
}

[[nodiscard]] inline RawManifest raw(std::string bytes, std::string_view media_type) {
  auto descriptor = described(bytes, media_type);
  return {.descriptor = std::move(descriptor), .bytes = std::move(bytes)};
}

/// An image whose config is `{"n":"<mark>"}` and whose layers hold these bytes; two with the same words are one.
struct TestImage {
  std::string mark;
  std::vector<std::string> layers = {};
  std::optional<Descriptor> subject = {};

  [[nodiscard]] std::string config() const { return R"({"n":")" + mark + "\"}"; }
  [[nodiscard]] RawManifest manifest() const {
    Manifest image{.media_type = MediaType::of(media_types::oci_manifest),
                   .config = described(config(), media_types::oci_config)};
    for (const auto& layer : layers) image.layers.push_back(described(layer, media_types::oci_layer));
    image.subject = subject;
    return raw(image.serialize(), media_types::oci_manifest);
  }
};

[[nodiscard]] inline RawManifest index_of(const std::vector<Descriptor>& entries,
                                          const std::optional<Descriptor>& subject = {}) {
  Index index{.media_type = MediaType::of(media_types::oci_index), .manifests = entries};
  index.subject = subject;
  return raw(index.serialize(), media_types::oci_index);
}

inline void put(RegistryStorage& registry, const std::string& repository, const RawManifest& manifest,
                const std::vector<std::string>& tags = {}, const std::optional<Digest>& subject = {}) {
  const auto done = registry.put_manifest(repository, manifest, tags, subject);
  EXPECT_TRUE(done) << done.error().message();
}

/// Pushes the blobs, then the manifest.
inline Descriptor push_image(RegistryStorage& registry, const std::string& repository, const TestImage& image,
                             const std::vector<std::string>& tags = {}) {
  push_blob(registry, repository, image.config());
  for (const auto& layer : image.layers) push_blob(registry, repository, layer);
  const auto manifest = image.manifest();
  put(registry, repository, manifest, tags,
      image.subject ? std::optional<Digest>(image.subject->digest) : std::nullopt);
  return manifest.descriptor;
}

/// A registry in a fresh folder, and a clock that begins at the real time, as the files do.
class RegistryFolderTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen(const RegistryFolderOptions& options = {}) {
    registry_.reset();
    registry_ = open_registry(root_, clock_, options);
    ASSERT_TRUE(registry_);
  }
  [[nodiscard]] std::filesystem::path tree(const std::string& path) const {
    return root_ / "docker/registry/v2" / path;
  }
  [[nodiscard]] std::filesystem::path blob_path(const Digest& digest) const {
    const std::string hex(digest.hex());
    return tree("blobs") / std::string(name(digest.algorithm())) / hex.substr(0, 2) / hex / "data";
  }
  [[nodiscard]] std::filesystem::path link_path(const std::string& repository, const std::string& kind,
                                                const Digest& digest) const {
    return tree("repositories") / repository / kind / std::string(name(digest.algorithm())) /
           std::string(digest.hex()) / "link";
  }
  /// The names below a folder of the registry's, files alone.
  [[nodiscard]] std::vector<std::string> files_below(const std::string& folder) const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(root_ / folder)) return found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / folder)) {
      if (!entry.is_directory()) found.push_back(entry.path().lexically_relative(root_ / folder).string());
    }
    return found;
  }

  TempDir temp_{folder_in_memory()};
  std::filesystem::path root_ = temp_ / "registry";
  FakeClock clock_{std::chrono::system_clock::now()};
  std::unique_ptr<RegistryFolder> registry_;
};

}  // namespace dray::testing
