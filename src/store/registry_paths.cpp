#include "registry_paths.hpp"

#include <initializer_list>

namespace dray::registry_paths {
namespace {

std::string join(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size() + 1;
  std::string path;
  path.reserve(size);
  // An empty part shows as such, and is refused where the path is used.
  const char* between = "";
  for (const auto part : parts) {
    path += between;
    path += part;
    between = "/";
  }
  return path;
}

/// `<trunk>/<algorithm>`, and `<hex>/link` in it.
Target link_below(std::string trunk, const Digest& digest) {
  trunk += '/';
  trunk += name(digest.algorithm());
  return {.trunk = std::move(trunk), .leaf = join({digest.hex(), "link"})};
}

}  // namespace

std::string inside(std::string_view repository, std::string_view rest) {
  return join({repositories, repository, rest});
}

Target blob_data(const Digest& digest) {
  return {.trunk = join({blobs, name(digest.algorithm()), digest.hex().substr(0, 2)}),
          .leaf = join({digest.hex(), "data"})};
}

Target layer_link(std::string_view repository, const Digest& digest) {
  return link_below(inside(repository, "_layers"), digest);
}

Target revision_link(std::string_view repository, const Digest& digest) {
  return link_below(inside(repository, "_manifests/revisions"), digest);
}

Target tag_link(std::string_view repository, std::string_view tag) {
  return {.trunk = inside(repository, "_manifests/tags"), .leaf = join({tag, "current/link"})};
}

Target tag_index_link(std::string_view repository, std::string_view tag, const Digest& digest) {
  return {.trunk = inside(repository, "_manifests/tags"),
          .leaf = join({tag, "index", name(digest.algorithm()), digest.hex(), "link"})};
}

Target referrer_link(std::string_view repository, const Digest& subject, const Digest& referrer) {
  return {.trunk = join({repositories, repository, "_referrers", name(subject.algorithm())}),
          .leaf = join({subject.hex(), name(referrer.algorithm()), referrer.hex(), "link"})};
}

Target upload_file(std::string_view repository, std::string_view id, std::string_view file) {
  return {.trunk = inside(repository, "_uploads"), .leaf = join({id, file})};
}

Target upload_state(std::string_view id) { return {.trunk = std::string(upload_states), .leaf = std::string(id)}; }

std::string blob_data_path(const Digest& digest) {
  return join({blobs, name(digest.algorithm()), digest.hex().substr(0, 2), digest.hex(), "data"});
}

std::string layer_link_path(std::string_view repository, const Digest& digest) {
  return join({repositories, repository, "_layers", name(digest.algorithm()), digest.hex(), "link"});
}

std::string revision_link_path(std::string_view repository, const Digest& digest) {
  return join({repositories, repository, "_manifests/revisions", name(digest.algorithm()), digest.hex(), "link"});
}

std::string tag_link_path(std::string_view repository, std::string_view tag) {
  return join({repositories, repository, "_manifests/tags", tag, "current/link"});
}

std::string parent(std::string_view path) { return std::string(path.substr(0, path.rfind('/'))); }

bool is_upload_id(std::string_view text) noexcept {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (shape[i] == '-' ? text[i] != '-' : !hex) return false;
  }
  return true;
}

}  // namespace dray::registry_paths
