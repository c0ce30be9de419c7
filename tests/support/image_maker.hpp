#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::testing {

/// One entry of a layer's tar.
struct TarEntry {
  std::string path;  ///< At most 255 bytes, as ustar can hold them.
  std::string bytes = {};
  unsigned mode = 0644;
  char type = '0';        ///< '0' file, '1' hard link, '2' symbolic link, '5' folder.
  std::string link = {};  ///< The target of a link.
};

/// A deterministic ustar archive: owner 0, time 0.
[[nodiscard]] std::string make_tar(const std::vector<TarEntry>& entries);
/// A gzip stream without a time, compressed at zlib's `level`; 0 stores.
[[nodiscard]] std::string gzip(std::string_view bytes, int level = 6);
/// A zstd frame that tells its content's size.
[[nodiscard]] std::string zstd(std::string_view bytes);
/// `size` bytes that do not compress; the same for the same `seed`.
[[nodiscard]] std::string random_bytes(std::uint64_t size, std::uint64_t seed);

/// Which family of media types an image is written in.
enum class Format : std::uint8_t { docker, oci };

/// Bytes with a name.
struct Blob {
  std::string media_type;
  std::string digest;
  std::shared_ptr<const std::string> bytes;

  [[nodiscard]] std::uint64_t size() const { return bytes->size(); }
};
[[nodiscard]] Blob make_blob(std::string media_type, std::string bytes);

struct PlatformSpec {
  std::string os = "linux";
  std::string architecture = "amd64";
  std::string variant = {};
  std::string os_version = {};
};

/// How a layer is stored.
enum class Packing : std::uint8_t { gzip, zstd, none };

struct LayerSpec {
  std::vector<TarEntry> entries = {};
  /// Not 0: the layer also holds a file `random.bin` of this many bytes that do not compress.
  std::uint64_t random_size = 0;
  std::uint64_t seed = 1;
  Packing packing = Packing::gzip;
  /// Not empty: a foreign layer, which lies there.
  std::vector<std::string> urls = {};
};

struct Layer {
  Blob blob;
  std::string diff_id;
  std::vector<std::string> urls;
};
[[nodiscard]] Layer make_layer(const LayerSpec& spec, Format format);

struct ImageSpec {
  Format format = Format::docker;
  PlatformSpec platform = {};
  std::vector<LayerSpec> layers = {LayerSpec{{TarEntry{"hello", "hello\n"}}}};
  std::vector<std::string> entrypoint = {"/hello"};
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> annotations = {};  ///< OCI only.
};

/// An image: its manifest and all that it names.
struct Image {
  Blob manifest;
  Blob config;
  std::vector<Layer> layers;
  PlatformSpec platform;
};
/// The same spec gives the same bytes. History has one entry for each layer and an empty one before the last.
[[nodiscard]] Image make_image(const ImageSpec& spec = {});
/// The image again with other urls on its layer `index`, which is thereby foreign.
[[nodiscard]] Image with_urls(Image image, std::size_t index, std::vector<std::string> urls);

/// Images for several platforms under one index (OCI) or manifest list (Docker).
struct Index {
  Blob manifest;
  std::vector<Image> images;
};
[[nodiscard]] Index make_index(std::vector<Image> images, Format format = Format::docker);

/// linux/amd64, linux/arm/v7, linux/arm64/v8 and two of windows/amd64, whose first layer is foreign when `foreign_url`
/// is given; one small layer of its own for each, and one that all share.
[[nodiscard]] Index make_multi_platform(Format format = Format::docker, std::string_view foreign_url = {});
/// An image of `count` layers of `size` random bytes each.
[[nodiscard]] Image make_layered(std::size_t count, std::uint64_t size, Format format = Format::docker);

/// Writes an OCI layout that holds the image under the tag.
void write_layout(const std::filesystem::path& directory, const Image& image, const std::string& tag);
void write_layout(const std::filesystem::path& directory, const Index& index, const std::string& tag);

}  // namespace dray::testing
