#include "registry_walk.hpp"

#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>

#include "registry_tree.hpp"

namespace dray {
namespace {

using registry_paths::inside;
using registry_paths::upload_file;
using registry_paths::upload_state;
using Kind = FileStatus::Kind;

constexpr std::array<std::string_view, 4> parts_of_repository = {"_layers", "_manifests", "_referrers", "_uploads"};

void note(StrangeFiles* strange, std::string path) {
  if (strange != nullptr) strange->push_back(std::move(path));
}

bool is_absence(const Error& error) {
  // `invalid_input`: a link or a file is where a folder should be, which is not followed.
  return error.code() == ErrorCode::not_found || error.code() == ErrorCode::invalid_input;
}

Result<std::vector<DirectoryEntry>> entries_of(const Directory& root, const std::string& path) {
  const auto folder = root.open_directory(path);
  if (!folder && is_absence(folder.error())) return std::vector<DirectoryEntry>();
  if (!folder) return folder.error();
  return folder->list_entries(limits::max_list_entries);
}

/// The folder of a repository, or of the first parts of one's name; of all for an empty name.
std::string path_of(const std::string& name) {
  const std::string all(registry_paths::repositories);
  return name.empty() ? all : all + "/" + name;
}

/// What a folder of the repositories' tree holds itself.
struct Holding {
  bool content = false;
  bool uploads = false;
};

/// Looks into such a folder: its subfolders that are parts of names go to `below`.
Result<Holding> look_at(const Directory& root, const std::string& name, std::vector<std::string>& below,
                        StrangeFiles* strange) {
  DRAY_TRY_ASSIGN(const auto entries, entries_of(root, path_of(name)));
  Holding found;
  for (const auto& entry : entries) {
    const bool folder = entry.kind == Kind::directory;
    const bool part =
        std::find(parts_of_repository.begin(), parts_of_repository.end(), entry.name) != parts_of_repository.end();
    if (folder && part && !name.empty()) {
      found.content = found.content || entry.name == "_layers" || entry.name == "_manifests";
      found.uploads = found.uploads || entry.name == "_uploads";
      continue;
    }
    auto child = name.empty() ? entry.name : name + "/" + entry.name;
    if (folder && check_repository_path(child)) {
      below.push_back(std::move(child));
    } else {
      note(strange, path_of(child));
    }
  }
  return found;
}

/// The names of the folders that hold what `wanted` says, sorted.
Result<std::vector<std::string>> walk_names(const Directory& root, bool Holding::* wanted, StrangeFiles* strange) {
  std::vector<std::string> found;
  std::vector<std::string> to_visit{std::string()};
  while (!to_visit.empty()) {
    auto name = std::move(to_visit.back());
    to_visit.pop_back();
    DRAY_TRY_ASSIGN(const auto holding, look_at(root, name, to_visit, strange));
    if (holding.*wanted) found.push_back(std::move(name));
  }
  // Not the order of the walk: `a-b` comes before `a/b`.
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

Result<std::vector<std::string>> walk_repositories(const Directory& root, StrangeFiles* strange) {
  return walk_names(root, &Holding::content, strange);
}

Result<std::vector<std::string>> walk_names_with_uploads(const Directory& root) {
  return walk_names(root, &Holding::uploads, nullptr);
}

Result<bool> is_repository(const Directory& root, const std::string& name) {
  DRAY_TRY_ASSIGN(const bool manifests, root.exists(inside(name, "_manifests")));
  if (manifests) return true;
  return root.exists(inside(name, "_layers"));
}

Result<std::vector<std::string>> walk_folders(const Directory& root, const std::string& path, StrangeFiles* strange) {
  DRAY_TRY_ASSIGN(auto entries, entries_of(root, path));
  std::vector<std::string> found;
  for (auto& entry : entries) {
    if (entry.kind == Kind::directory) {
      found.push_back(std::move(entry.name));
    } else {
      note(strange, path + "/" + entry.name);
    }
  }
  return found;
}

Result<std::vector<Digest>> walk_links(const Directory& root, const std::string& path, StrangeFiles* strange) {
  std::vector<Digest> found;
  DRAY_TRY_ASSIGN(const auto algorithms, walk_folders(root, path, strange));
  for (const auto& algorithm : algorithms) {
    DRAY_TRY_ASSIGN(const auto names, walk_folders(root, path + "/" + algorithm, strange));
    for (const auto& name : names) {
      if (const auto digest = Digest::parse(algorithm + ":" + name)) {
        found.push_back(*digest);
      } else {
        note(strange, path + "/" + algorithm + "/" + name);
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::vector<std::string>> walk_tags(const Directory& root, const std::string& repository,
                                           StrangeFiles* strange) {
  const auto path = inside(repository, "_manifests/tags");
  DRAY_TRY_ASSIGN(auto names, walk_folders(root, path, strange));
  std::erase_if(names, [&](const auto& name) {
    if (parse_tag(name)) return false;
    note(strange, path + "/" + name);
    return true;
  });
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> walk_uploads(const Directory& root, const std::string& repository,
                                              StrangeFiles* strange) {
  const auto path = inside(repository, "_uploads");
  DRAY_TRY_ASSIGN(auto names, walk_folders(root, path, strange));
  std::erase_if(names, [&](const auto& name) {
    if (registry_paths::is_upload_id(name)) return false;
    note(strange, path + "/" + name);
    return true;
  });
  return names;
}

Result<std::chrono::system_clock::time_point> upload_touched(const Directory& root, const std::string& repository,
                                                             const std::string& id) {
  auto latest = std::chrono::system_clock::time_point::min();
  for (const auto& path : {upload_file(repository, id, "data").path(), upload_state(id).path(),
                           registry_paths::parent(upload_file(repository, id, "data").path())}) {
    const auto status = root.status(path);
    if (status) latest = std::max(latest, status->modified);
    if (!status && !is_absence(status.error())) return status.error();
  }
  return latest;
}

Result<std::vector<Digest>> walk_blobs(const Directory& root, StrangeFiles* strange) {
  const std::string path(registry_paths::blobs);
  std::vector<Digest> found;
  DRAY_TRY_ASSIGN(const auto algorithms, walk_folders(root, path, strange));
  for (const auto& algorithm : algorithms) {
    DRAY_TRY_ASSIGN(const auto prefixes, walk_folders(root, path + "/" + algorithm, strange));
    for (const auto& prefix : prefixes) {
      const auto folder = path + "/" + algorithm + "/" + prefix;
      DRAY_TRY_ASSIGN(const auto names, walk_folders(root, folder, strange));
      for (const auto& name : names) {
        const auto digest = Digest::parse(algorithm + ":" + name);
        if (digest && name.starts_with(prefix) && prefix.size() == 2) {
          found.push_back(*digest);
        } else {
          note(strange, folder + "/" + name);
        }
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

void note_strangers(const Directory& root, const std::string& path, std::initializer_list<std::string_view> known,
                    StrangeFiles& strange) {
  const auto entries = entries_of(root, path);
  if (!entries) return;
  for (const auto& entry : *entries) {
    if (std::find(known.begin(), known.end(), entry.name) == known.end()) strange.push_back(path + "/" + entry.name);
  }
}

void note_strange_files_of_ours(const Directory& root, StrangeFiles& strange) {
  const auto note_unless = [&](std::string_view folder, bool (*known)(std::string_view) noexcept) {
    const std::string path(folder);
    const auto entries = entries_of(root, path);
    if (!entries) return;
    for (const auto& entry : *entries) {
      if (entry.kind != Kind::file || !known(entry.name)) strange.push_back(path + "/" + entry.name);
    }
  };
  note_unless(registry_paths::temporary, RegistryTree::is_temporary_name);
  note_unless(registry_paths::upload_states, registry_paths::is_upload_id);
}

}  // namespace dray
