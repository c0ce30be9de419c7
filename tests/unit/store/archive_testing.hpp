#pragma once

#include <gtest/gtest.h>
#include <dray/format/manifest.hpp>
#include <dray/store/image_archive.hpp>
#include <dray/store/verify.hpp>

#include <string>

#include "store_testing.hpp"

namespace dray::testing {

/// Puts the blobs of `image_of(content)` and gives its manifest.
[[nodiscard]] inline RawManifest put_image(ContentSink& place, const std::string& content) {
  EXPECT_TRUE(place.put_blob(blob_of("{}"), opener("{}"), {}));
  const auto put = place.put_blob(blob_of(content), opener(content), {});
  EXPECT_TRUE(put) << put.error().message();
  return image_of(content);
}

/// Opens the archive, as a command does, and stores an image under the tag.
[[nodiscard]] inline Result<void> store_image(const std::string& path, const std::string& tag,
                                              const std::string& content) {
  DRAY_TRY_ASSIGN(const auto archive, ImageArchive::create(path, ArchiveKind::oci));
  DRAY_TRY(archive->put_blob(blob_of("{}"), opener("{}"), {}));
  DRAY_TRY(archive->put_blob(blob_of(content), opener(content), {}));
  DRAY_TRY(archive->set_tag(tag, image_of(content), {}));
  return archive->finish({});
}

/// What the only layer of a tag's image holds; the error's text where it cannot be read.
[[nodiscard]] inline std::string content_of(ContentSource& place, const std::string& tag) {
  const auto manifest = place.get_manifest(tag, {});
  if (!manifest) return manifest.error().message();
  const auto parsed = parse_manifest(manifest->bytes, {});
  if (!parsed) return parsed.error().message();
  const auto bytes = read_blob(place, std::get<Manifest>(*parsed).layers.front(), 1ULL << 30, {});
  return bytes ? *bytes : bytes.error().message();
}

[[nodiscard]] inline std::string content_at(const std::string& path, const std::string& tag,
                                            ArchiveKind kind = ArchiveKind::oci) {
  const auto archive = ImageArchive::open(path, kind);
  return archive ? content_of(**archive, tag) : archive.error().message();
}

}  // namespace dray::testing
