#include <fmt/format.h>

#include <algorithm>
#include <dray/base/stop.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/image_files.hpp>
#include <dray/ops/select.hpp>
#include <map>
#include <utility>

#include "../unpack/entry_path.hpp"
#include "../unpack/layer_reading.hpp"
#include "image_tree.hpp"

namespace dray::ops {

namespace {

std::string path_below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

ImageFile described(std::string path, const TreeName& name) {
  const auto entry = name.file->entry();
  return {.path = std::move(path),
          .type = entry.type,
          .mode = entry.mode,
          .uid = entry.uid,
          .gid = entry.gid,
          .size = entry.size,
          .mtime_seconds = entry.mtime_seconds,
          .mtime_nanoseconds = entry.mtime_nanoseconds,
          .link_path = entry.link_path,
          .device_major = entry.device_major,
          .device_minor = entry.device_minor,
          .links = std::max(name.file->links, 1U),
          .layer = name.layer,
          .data_layer = name.file->layer};
}

/// The path of a name from the root.
std::string path_of(const TreeName& name) {
  std::string path;
  for (const auto* at = &name; at->above != nullptr; at = at->above) {
    for (const auto& [text, candidate] : at->above->content) {
      if (candidate.get() != at) continue;
      path = path.empty() ? text : text + "/" + path;
      break;
    }
  }
  return path;
}

/// The bytes of one file, as far as they go; the reader stands at its entry.
template <class Sink>
Result<void> copy_data(TarReader& reader, std::uint64_t size, Sink& sink) {
  std::vector<std::byte> buffer(256UL * 1024);
  std::uint64_t left = size;
  while (left > 0) {
    DRAY_TRY_ASSIGN(const auto count, reader.read(buffer));
    if (count == 0) return Error(ErrorCode::invalid_input, "the file is cut short in its layer");
    DRAY_TRY(sink.write(ByteView(buffer).first(count)));
    left -= count;
  }
  return {};
}

/// The names of what a layer's bytes are still there for, by where they stand in its archive.
using NamesByOffset = std::map<std::uint64_t, std::vector<std::string>>;

void add_names(const TreeName& folder, const std::string& at, std::size_t layer, NamesByOffset& names) {
  for (const auto& [name, below] : folder.content) {
    const auto path = path_below(at, name);
    if (below->is_folder()) {
      add_names(*below, path, layer, names);
    } else if (below->file->layer == layer) {
      names[below->file->header_offset].push_back(path);
    }
  }
}

/// Writes what of a layer is still there.
Result<void> add_layer_files(TarReader& reader, const NamesByOffset& names, TarWriter& writer,
                             const std::stop_token& stop) {
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(auto entry, reader.next());
    if (!entry) return {};
    const auto found = names.find(entry->header_offset);
    if (found == names.end()) continue;
    entry->path = found->second.front();
    DRAY_TRY(writer.add(*entry));
    if (entry->type == TarType::file) DRAY_TRY(copy_data(reader, entry->size, writer));
    for (std::size_t i = 1; i < found->second.size(); ++i) {
      auto link = *entry;
      link.type = TarType::hard_link;
      link.size = 0;
      link.link_path = entry->path;
      link.path = found->second[i];
      DRAY_TRY(writer.add(link));
    }
  }
}

Result<void> add_folders(const TreeName& folder, const std::string& at, TarWriter& writer) {
  for (const auto& [name, below] : folder.content) {
    if (below->is_folder()) DRAY_TRY(add_folders(*below, path_below(at, name), writer));
  }
  auto entry = folder.file->entry();
  entry.path = (at.empty() ? "." : at) + "/";
  return writer.add(entry);
}

}  // namespace

struct ImageFiles::State {
  State(ContentSource& source, const ImageFilesOptions& options, SelectedImage selected, std::vector<DiffId> ids)
      : reading(source, options.observer, options.clock, options.random),
        image(std::move(selected)),
        diff_ids(std::move(ids)) {}

  LayerReading reading;
  const SelectedImage image;
  const std::vector<DiffId> diff_ids;
  ImageTree tree;

  /// Reads a whole layer.
  [[nodiscard]] Result<void> read_layer(std::size_t number, const ArchiveUse& use, const std::stop_token& stop) {
    return reading.read(image.manifest.layers[number], diff_ids[number], use, stop);
  }

  [[nodiscard]] Result<const TreeName*> at(std::string_view path, bool follow) const {
    DRAY_TRY_ASSIGN(const auto* const found, tree.find(split_link(path), follow));
    if (found != nullptr) return found;
    return Error(ErrorCode::not_found, "there is no " + shown_path(path) + " in the image");
  }
};

ImageFiles::ImageFiles(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageFiles::~ImageFiles() = default;
ImageFiles::ImageFiles(ImageFiles&&) noexcept = default;
ImageFiles& ImageFiles::operator=(ImageFiles&&) noexcept = default;

const Descriptor& ImageFiles::image() const noexcept { return state_->image.raw.descriptor; }
const std::optional<Platform>& ImageFiles::platform() const noexcept { return state_->image.platform; }
const std::vector<Descriptor>& ImageFiles::layers() const noexcept { return state_->image.manifest.layers; }

Result<ImageFiles> ImageFiles::read(ContentSource& source, const ManifestName& name, const ImageFilesOptions& options,
                                    const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto image, select_image(source, name, options.platform, stop));
  DRAY_TRY_ASSIGN(auto diff_ids, diff_ids_of(source, image.manifest, stop));
  auto state = std::make_unique<State>(source, options, std::move(image), std::move(diff_ids));
  const auto& layers = state->image.manifest.layers;
  state->reading.plan(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    DRAY_TRY(state->read_layer(i, [&](ByteSource& tar) { return state->tree.apply(tar, stop); }, stop));
  }
  return ImageFiles(std::move(state));
}

Result<ImageFile> ImageFiles::find(std::string_view path, bool follow) const {
  DRAY_TRY_ASSIGN(const auto* const found, state_->at(path, follow));
  return described(path_of(*found), *found);
}

Result<void> ImageFiles::list(std::string_view path, bool recursive, const Visitor& visit) const {
  DRAY_TRY_ASSIGN(const auto* const found, state_->at(path, path.ends_with('/')));
  if (!found->is_folder()) return visit(described(path_of(*found), *found));
  const std::function<Result<void>(const TreeName&, const std::string&)> visit_content =
      [&](const TreeName& folder, const std::string& at) -> Result<void> {
    for (const auto& [name, below] : folder.content) {
      const auto whole = path_below(at, name);
      DRAY_TRY(visit(described(whole, *below)));
      if (recursive && below->is_folder()) DRAY_TRY(visit_content(*below, whole));
    }
    return {};
  };
  return visit_content(*found, path_of(*found));
}

Result<void> ImageFiles::read_file(std::string_view path, ByteSink& sink, const std::stop_token& stop) const {
  DRAY_TRY_ASSIGN(const auto* const found, state_->at(path, true));
  const auto& file = *found->file;
  if (file.type != TarType::file) {
    return Error(ErrorCode::invalid_input, shown_path(path) + (found->is_folder() ? " is a folder" : " is no file"));
  }
  const auto& layer = layers()[file.layer];
  const auto copy_it = [&](ByteSource& tar) -> Result<void> {
    TarReader reader(tar);
    while (true) {
      DRAY_TRY(check_running(stop));
      DRAY_TRY_ASSIGN(const auto entry, reader.next());
      if (!entry || entry->header_offset > file.header_offset) break;
      if (entry->header_offset == file.header_offset) return copy_data(reader, file.size, sink);
    }
    return Error(ErrorCode::digest_mismatch,
                 "layer " + layer.digest.text() + " is another one than it was when the image was listed");
  };
  return state_->reading.read_part(layer, copy_it, stop);
}

Result<void> ImageFiles::write_tar(ByteSink& sink, const std::stop_token& stop) const {
  TarWriter writer(sink);
  for (std::size_t layer = 0; layer < layers().size(); ++layer) {
    NamesByOffset names;
    add_names(state_->tree.root(), "", layer, names);
    if (names.empty()) continue;
    DRAY_TRY(state_->read_layer(
        layer,
        [&](ByteSource& tar) {
          TarReader reader(tar);
          return add_layer_files(reader, names, writer, stop);
        },
        stop));
  }
  DRAY_TRY(add_folders(state_->tree.root(), "", writer));
  return writer.finish();
}

}  // namespace dray::ops
