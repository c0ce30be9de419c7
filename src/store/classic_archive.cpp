#include "classic_archive.hpp"

#include <dray/base/stop.hpp>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/compression.hpp>
#include <dray/format/image_config.hpp>
#include <dray/format/json.hpp>
#include <dray/format/manifest.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace dray {
namespace {

constexpr std::size_t magic_bytes = 6;
constexpr std::size_t read_buffer_bytes = 256UL * 1024;

Error invalid(std::string what) { return {ErrorCode::invalid_input, std::move(what)}; }

/// One item of manifest.json.
struct Item {
  std::string config;
  std::vector<std::string> layers;
  std::vector<std::string> names;
};

Result<std::vector<std::string>> strings(const Json& item, std::string_view key) {
  std::vector<std::string> all;
  const auto* const member = item.find(key);
  if (member == nullptr || member->is_null()) return all;
  if (member->as_array() == nullptr) return invalid(std::string(key) + " is no array");
  for (const auto& one : *member->as_array()) {
    if (one.as_string() == nullptr) return invalid(std::string(key) + " holds something else than strings");
    all.push_back(*one.as_string());
  }
  return all;
}

Result<Item> item_from(const Json& json) {
  Item item;
  const auto* const config = json.find("Config");
  if (config == nullptr || config->as_string() == nullptr) return invalid("Config is missing or no string");
  item.config = *config->as_string();
  DRAY_TRY_ASSIGN(item.layers, strings(json, "Layers"));
  DRAY_TRY_ASSIGN(item.names, strings(json, "RepoTags"));
  if (item.layers.size() <= limits::max_layers) return item;
  return Error(ErrorCode::limit_exceeded, "more than " + std::to_string(limits::max_layers) + " layers");
}

class ClassicReader {
 public:
  ClassicReader(const ArchiveFiles& files, const std::stop_token& stop) : files_(files), stop_(stop) {}

  Result<void> add(const Item& item);
  Result<ClassicImages> take() &&;

 private:
  Result<Descriptor> add_config(const Item& item, std::string& text);
  Result<Descriptor> layer_of(const std::string& path, const DiffId& diff_id);
  Result<Compression> compression_of(ByteRange part) const;
  Result<Digest> hash(ByteRange part) const;
  Result<void> name(const Item& item, const Descriptor& manifest);
  Result<void> count(std::uint64_t bytes);

  const ArchiveFiles& files_;
  const std::stop_token& stop_;
  std::map<std::uint64_t, Digest> hashed_;  // compressed layers, by where they begin: images share them
  std::vector<Descriptor> entries_;
  std::map<std::string, std::size_t> named_;  // where the entry of a reference is
  std::uint64_t bytes_ = 0;
  ClassicImages images_;
};

Result<Descriptor> ClassicReader::add_config(const Item& item, std::string& text) {
  const auto* const part = files_.find(item.config);
  if (part == nullptr) return invalid("its config " + item.config + " is not in the archive");
  DRAY_TRY(count(part->size()));
  DRAY_TRY_ASSIGN(text, files_.read(*part, limits::max_config_bytes));
  const auto digest = Digest::of(as_bytes(text));
  images_.blobs.try_emplace(digest, *part);
  return Descriptor{.media_type = MediaType::of(media_types::docker_config), .digest = digest, .size = text.size()};
}

Result<Compression> ClassicReader::compression_of(ByteRange part) const {
  std::array<std::byte, magic_bytes> first{};
  const auto count = std::min<std::uint64_t>(first.size(), part.size());
  DRAY_TRY_ASSIGN(const auto source, files_.open(part, {0, count}));
  const auto bytes = ByteSpan(first).first(static_cast<std::size_t>(count));
  DRAY_TRY(read_exactly(*source, bytes));
  return detect_compression(bytes);
}

Result<Digest> ClassicReader::hash(ByteRange part) const {
  DRAY_TRY_ASSIGN(const auto source, files_.open(part));
  std::vector<std::byte> buffer(read_buffer_bytes);
  Digester digester(DigestAlgorithm::sha256);
  while (true) {
    DRAY_TRY(check_running(stop_));
    DRAY_TRY_ASSIGN(const auto count, source->read(buffer));
    if (count == 0) return digester.finish();
    digester.update(ByteView(buffer).first(count));
  }
}

Result<Descriptor> ClassicReader::layer_of(const std::string& path, const DiffId& diff_id) {
  const auto* const part = files_.find(path);
  if (part == nullptr) return invalid("its layer " + path + " is not in the archive");
  DRAY_TRY_ASSIGN(const auto compression, compression_of(*part));
  auto type = media_types::docker_layer;
  auto digest = diff_id.digest();
  if (compression != Compression::none) {
    if (compression == Compression::unknown) {
      return Error(ErrorCode::unsupported, "its layer " + path + " is compressed, neither with gzip nor with zstd");
    }
    type = compression == Compression::gzip ? media_types::docker_layer_gzip : media_types::docker_layer_zstd;
    const auto known = hashed_.find(part->begin);
    if (known != hashed_.end()) {
      digest = known->second;
    } else {
      DRAY_TRY_ASSIGN(digest, hash(*part));
      hashed_.emplace(part->begin, digest);
    }
  }
  images_.blobs.try_emplace(digest, *part);
  return Descriptor{.media_type = MediaType::of(type), .digest = digest, .size = part->size()};
}

/// The last one to have a name keeps it, as when docker loads the archive.
Result<void> ClassicReader::name(const Item& item, const Descriptor& manifest) {
  if (item.names.empty()) entries_.push_back(manifest);
  for (const auto& text : item.names) {
    DRAY_TRY_ASSIGN(const auto reference, Reference::parse(text));
    if (reference.digest()) return invalid("its name " + text + " has a digest");
    auto entry = LayoutIndex::entry_called(reference, manifest);
    const auto [at, is_new] = named_.try_emplace(reference.text(), entries_.size());
    if (is_new) {
      entries_.push_back(std::move(entry));
    } else {
      entries_[at->second] = std::move(entry);
    }
  }
  return {};
}

/// Documents are kept, or read once for each image: a small manifest.json must not ask for much.
Result<void> ClassicReader::count(std::uint64_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= limits::max_graph_bytes) return {};
  return Error(ErrorCode::limit_exceeded, "the configs and manifests of the archive have more than " +
                                              std::to_string(limits::max_graph_bytes) + " bytes");
}

Result<ClassicImages> ClassicReader::take() && {
  DRAY_TRY_ASSIGN(images_.index, LayoutIndex::of(entries_));
  return std::move(images_);
}

Result<void> ClassicReader::add(const Item& item) {
  std::string text;
  DRAY_TRY_ASSIGN(const auto config, add_config(item, text));
  const auto in_config = [&](Error error) { return std::move(error).context("its config " + item.config); };
  DRAY_TRY_ASSIGN(const auto parsed, ImageConfig::parse(text).transform_error(in_config));
  if (parsed.diff_ids.size() != item.layers.size()) {
    return invalid("it has " + std::to_string(item.layers.size()) + " layers, but its config " + item.config +
                   " speaks of " + std::to_string(parsed.diff_ids.size()));
  }
  Manifest manifest{.media_type = MediaType::of(media_types::docker_manifest), .config = config};
  for (std::size_t i = 0; i < item.layers.size(); ++i) {
    DRAY_TRY_ASSIGN(auto layer, layer_of(item.layers[i], parsed.diff_ids[i]));
    manifest.layers.push_back(std::move(layer));
  }
  auto bytes = manifest.serialize();
  if (bytes.size() > limits::max_manifest_bytes) return Error(ErrorCode::limit_exceeded, "it has too many layers");
  DRAY_TRY(count(bytes.size()));
  const auto digest = Digest::of(as_bytes(bytes));
  const Descriptor descriptor{.media_type = manifest.media_type, .digest = digest, .size = bytes.size()};
  images_.manifests.insert_or_assign(digest, std::move(bytes));
  return name(item, descriptor);
}

}  // namespace

Result<ClassicImages> read_classic_images(const ArchiveFiles& files, ByteRange manifest, const std::stop_token& stop) {
  const auto in_file = [](Error error) { return std::move(error).context("manifest.json"); };
  DRAY_TRY_ASSIGN(const auto text, files.read(manifest, limits::max_docker_manifest_bytes).transform_error(in_file));
  DRAY_TRY_ASSIGN(const auto json, Json::parse(text).transform_error(in_file));
  if (json.as_array() == nullptr) return in_file(invalid("it is no array of images"));
  ClassicReader reader(files, stop);
  for (std::size_t i = 0; i < json.as_array()->size(); ++i) {
    const auto of_image = [&](Error error) {
      return std::move(error).context("image " + std::to_string(i) + " of manifest.json");
    };
    DRAY_TRY_ASSIGN(const auto item, item_from((*json.as_array())[i]).transform_error(of_image));
    DRAY_TRY(reader.add(item).transform_error(of_image));
  }
  return std::move(reader).take();
}

}  // namespace dray
