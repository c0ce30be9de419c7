#include "support/image_maker.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstring>
#include <dray/core/media_type.hpp>
#include <stdexcept>
#include <utility>

#include "support/hashing.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {
namespace {

namespace json = boost::json;
namespace types = media_types;

constexpr std::size_t tar_block = 512;
constexpr std::string_view created = "2019-03-14T12:00:00Z";

struct MediaTypes {
  std::string_view index, manifest, config, layer, layer_gzip, layer_zstd, foreign, foreign_gzip;
};
constexpr MediaTypes docker_types{
    types::docker_index,      types::docker_manifest,   types::docker_config,        types::docker_layer,
    types::docker_layer_gzip, types::docker_layer_zstd, types::docker_foreign_layer, types::docker_foreign_layer_gzip};
constexpr MediaTypes oci_types{types::oci_index,         types::oci_manifest,          types::oci_config,
                               types::oci_layer,         types::oci_layer_gzip,        types::oci_layer_zstd,
                               types::oci_foreign_layer, types::oci_foreign_layer_gzip};

const MediaTypes& types_of(Format format) { return format == Format::docker ? docker_types : oci_types; }
Format format_of(const Blob& manifest) {
  return manifest.media_type == types::oci_manifest || manifest.media_type == types::oci_index ? Format::oci
                                                                                               : Format::docker;
}

/// A ustar header. Source: POSIX.1-2017, pax, "ustar Interchange Format".
class TarHeader {
 public:
  explicit TarHeader(const TarEntry& entry) : block_(tar_block, '\0') {
    set_path(entry.path);
    set_octal(100, 8, entry.mode);
    set_octal(108, 8, 0);
    set_octal(116, 8, 0);
    set_octal(124, 12, entry.bytes.size());
    set_octal(136, 12, 0);
    set(148, 8, "        ");
    block_[156] = entry.type;
    set(157, 100, entry.link);
    set(257, 8, std::string_view("ustar\00000", 8));
    set_checksum();
  }
  [[nodiscard]] const std::string& block() const { return block_; }

 private:
  void set(std::size_t at, std::size_t room, std::string_view text) {
    if (text.size() > room) throw std::runtime_error("too long for a tar header: " + std::string(text));
    std::memcpy(block_.data() + at, text.data(), text.size());
  }
  void set_octal(std::size_t at, std::size_t room, std::uint64_t value) {
    std::string digits(room - 1, '0');
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value /= 8) {
      *digit = static_cast<char>('0' + value % 8);
    }
    set(at, room, digits);
  }
  void set_path(const std::string& path) {
    if (path.size() <= 100) return set(0, 100, path);
    const auto slash = path.find('/', path.size() - 101);
    if (slash == std::string::npos) throw std::runtime_error("too long for a tar header: " + path);
    set(345, 155, std::string_view(path).substr(0, slash));
    set(0, 100, std::string_view(path).substr(slash + 1));
  }
  void set_checksum() {
    std::uint64_t sum = 0;
    for (const char c : block_) sum += static_cast<unsigned char>(c);
    set_octal(148, 7, sum);
    block_[154] = '\0';
  }
  std::string block_;
};

void pad_to_block(std::string& bytes) { bytes.resize((bytes.size() + tar_block - 1) / tar_block * tar_block); }

json::object descriptor_of(const Blob& blob) {
  return {{"mediaType", blob.media_type}, {"size", blob.size()}, {"digest", blob.digest}};
}

json::object platform_json(const PlatformSpec& platform) {
  json::object object{{"architecture", platform.architecture}, {"os", platform.os}};
  if (!platform.variant.empty()) object["variant"] = platform.variant;
  if (!platform.os_version.empty()) object["os.version"] = platform.os_version;
  return object;
}

json::object map_json(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

json::array history_of(std::size_t layers) {
  json::array history;
  for (std::size_t i = 0; i < layers; ++i) {
    if (i + 1 == layers) {
      history.push_back({{"created", created}, {"created_by", "ENV step=last"}, {"empty_layer", true}});
    }
    history.push_back({{"created", created}, {"created_by", "COPY layer " + std::to_string(i + 1) + " /"}});
  }
  return history;
}

Blob make_config(const ImageSpec& spec, const std::vector<Layer>& layers) {
  json::object config{{"Entrypoint", json::value_from(spec.entrypoint)}, {"Env", {"PATH=/usr/bin:/bin"}}};
  if (!spec.labels.empty()) config["Labels"] = map_json(spec.labels);
  json::array diff_ids;
  for (const Layer& layer : layers) diff_ids.emplace_back(layer.diff_id);
  json::object document = platform_json(spec.platform);
  document["created"] = created;
  document["config"] = std::move(config);
  document["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
  document["history"] = history_of(layers.size());
  return make_blob(std::string(types_of(spec.format).config), json::serialize(document));
}

Blob make_manifest(Format format, const Blob& config, const std::vector<Layer>& layers,
                   const std::map<std::string, std::string>& annotations) {
  json::array entries;
  for (const Layer& layer : layers) {
    json::object entry = descriptor_of(layer.blob);
    if (!layer.urls.empty()) entry["urls"] = json::value_from(layer.urls);
    entries.push_back(std::move(entry));
  }
  json::object document{{"schemaVersion", 2},
                        {"mediaType", types_of(format).manifest},
                        {"config", descriptor_of(config)},
                        {"layers", std::move(entries)}};
  if (!annotations.empty()) document["annotations"] = map_json(annotations);
  return make_blob(std::string(types_of(format).manifest), json::serialize(document));
}

std::string layer_type(const LayerSpec& spec, const MediaTypes& names) {
  const bool foreign = !spec.urls.empty();
  switch (spec.packing) {
    case Packing::gzip:
      return std::string(foreign ? names.foreign_gzip : names.layer_gzip);
    case Packing::zstd:
      if (foreign) throw std::runtime_error("no test needs a foreign layer with zstd");
      return std::string(names.layer_zstd);
    case Packing::none:
      break;
  }
  return std::string(foreign ? names.foreign : names.layer);
}

void write_blob(const std::filesystem::path& directory, const Blob& blob) {
  write_bytes(directory / "blobs/sha256" / blob.digest.substr(7), *blob.bytes);
}

void write_image_blobs(const std::filesystem::path& directory, const Image& image) {
  write_blob(directory, image.manifest);
  write_blob(directory, image.config);
  for (const Layer& layer : image.layers) {
    if (layer.urls.empty()) write_blob(directory, layer.blob);
  }
}

void write_layout_files(const std::filesystem::path& directory, const Blob& root, const std::string& tag) {
  json::object entry = descriptor_of(root);
  entry["annotations"] = {{"org.opencontainers.image.ref.name", tag}};
  const json::object index{{"schemaVersion", 2}, {"mediaType", types::oci_index}, {"manifests", {std::move(entry)}}};
  write_bytes(directory / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  write_bytes(directory / "index.json", json::serialize(index));
}

}  // namespace

std::string make_tar(const std::vector<TarEntry>& entries) {
  std::string tar;
  for (const TarEntry& entry : entries) {
    tar += TarHeader(entry).block();
    tar += entry.bytes;
    pad_to_block(tar);
  }
  tar.append(2 * tar_block, '\0');
  return tar;
}

std::string gzip(std::string_view bytes, int level) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib cannot start");
  }
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  // zlib never writes through next_in.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("zlib cannot compress");
  return out;
}

std::string zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) throw std::runtime_error("zstd cannot compress");
  out.resize(size);
  return out;
}

std::string random_bytes(std::uint64_t size, std::uint64_t seed) {
  std::string bytes((size + 7) / 8 * 8, '\0');
  std::uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {  // xorshift64*, Vigna 2016
    state ^= state >> 12U;
    state ^= state << 25U;
    state ^= state >> 27U;
    const std::uint64_t word = state * 0x2545f4914f6cdd1dULL;
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

Blob make_blob(std::string media_type, std::string bytes) {
  std::string digest = digest_of(bytes);
  return {std::move(media_type), std::move(digest), std::make_shared<const std::string>(std::move(bytes))};
}

Layer make_layer(const LayerSpec& spec, Format format) {
  std::vector<TarEntry> entries = spec.entries;
  if (spec.random_size > 0) entries.push_back({"random.bin", random_bytes(spec.random_size, spec.seed)});
  std::string tar = make_tar(entries);
  std::string diff_id = digest_of(tar);
  if (spec.packing == Packing::gzip) tar = gzip(tar, spec.random_size > 0 ? 0 : 6);
  if (spec.packing == Packing::zstd) tar = zstd(tar);
  return {make_blob(layer_type(spec, types_of(format)), std::move(tar)), std::move(diff_id), spec.urls};
}

Image make_image(const ImageSpec& spec) {
  Image image;
  image.platform = spec.platform;
  for (const LayerSpec& layer : spec.layers) image.layers.push_back(make_layer(layer, spec.format));
  image.config = make_config(spec, image.layers);
  image.manifest = make_manifest(spec.format, image.config, image.layers, spec.annotations);
  return image;
}

Image with_urls(Image image, std::size_t index, std::vector<std::string> urls) {
  const Format format = format_of(image.manifest);
  Layer& layer = image.layers.at(index);
  layer.urls = std::move(urls);
  layer.blob.media_type = types_of(format).foreign_gzip;
  image.manifest = make_manifest(format, image.config, image.layers, {});
  return image;
}

Index make_index(std::vector<Image> images, Format format) {
  json::array entries;
  for (const Image& image : images) {
    json::object entry = descriptor_of(image.manifest);
    entry["platform"] = platform_json(image.platform);
    entries.push_back(std::move(entry));
  }
  const std::string_view type = types_of(format).index;
  const json::object document{{"schemaVersion", 2}, {"mediaType", type}, {"manifests", std::move(entries)}};
  return {make_blob(std::string(type), json::serialize(document)), std::move(images)};
}

Index make_multi_platform(Format format, std::string_view foreign_url) {
  const PlatformSpec platforms[] = {{},
                                    {"linux", "arm", "v7"},
                                    {"linux", "arm64", "v8"},
                                    {"windows", "amd64", "", "10.0.17134.648"},
                                    {"windows", "amd64", "", "10.0.17763.379"}};
  std::vector<Image> images;
  for (const PlatformSpec& platform : platforms) {
    ImageSpec spec;
    spec.format = format;
    spec.platform = platform;
    const std::string own = platform.os + " " + platform.architecture + platform.variant + platform.os_version + "\n";
    spec.layers = {LayerSpec{{TarEntry{"etc/platform", own}}}, LayerSpec{{TarEntry{"usr/share/shared", "shared\n"}}}};
    if (platform.os == "windows" && !foreign_url.empty()) spec.layers.front().urls = {std::string(foreign_url)};
    images.push_back(make_image(spec));
  }
  return make_index(std::move(images), format);
}

Image make_layered(std::size_t count, std::uint64_t size, Format format) {
  ImageSpec spec;
  spec.format = format;
  spec.layers.clear();
  for (std::size_t i = 0; i < count; ++i) {
    LayerSpec layer;
    layer.random_size = size;
    layer.seed = i + 1;
    spec.layers.push_back(std::move(layer));
  }
  return make_image(spec);
}

void write_layout(const std::filesystem::path& directory, const Image& image, const std::string& tag) {
  write_image_blobs(directory, image);
  write_layout_files(directory, image.manifest, tag);
}

void write_layout(const std::filesystem::path& directory, const Index& index, const std::string& tag) {
  for (const Image& image : index.images) write_image_blobs(directory, image);
  write_blob(directory, index.manifest);
  write_layout_files(directory, index.manifest, tag);
}

}  // namespace dray::testing
