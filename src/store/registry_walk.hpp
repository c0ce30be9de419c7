#pragma once

#include <chrono>
#include <dray/base/file.hpp>
#include <dray/core/digest.hpp>
#include <dray/store/registry_folder.hpp>
#include <string>
#include <vector>

// What lies in a registry's folder. Names that are none of ours and not distribution's go to `strange` where that is
// given; links and devices among them. A folder that is absent, or goes meanwhile, holds nothing.

namespace dray {

/// Every repository, sorted by the bytes of its whole name.
[[nodiscard]] Result<std::vector<std::string>> walk_repositories(const Directory& root, StrangeFiles* strange);
/// Every folder of a repository's kind that has uploads; it need not be a repository yet.
[[nodiscard]] Result<std::vector<std::string>> walk_names_with_uploads(const Directory& root);
/// True when a folder of that name holds manifests or layers.
[[nodiscard]] Result<bool> is_repository(const Directory& root, const std::string& name);

/// The digests of `<path>/<algorithm>/<hex>/`, sorted; whether each has its link file is not looked at.
[[nodiscard]] Result<std::vector<Digest>> walk_links(const Directory& root, const std::string& path,
                                                     StrangeFiles* strange);
[[nodiscard]] Result<std::vector<std::string>> walk_tags(const Directory& root, const std::string& repository,
                                                         StrangeFiles* strange);
[[nodiscard]] Result<std::vector<std::string>> walk_uploads(const Directory& root, const std::string& repository,
                                                            StrangeFiles* strange);
/// When an upload was written to last.
[[nodiscard]] Result<std::chrono::system_clock::time_point> upload_touched(const Directory& root,
                                                                           const std::string& repository,
                                                                           const std::string& id);
/// Every blob that has a folder, sorted.
[[nodiscard]] Result<std::vector<Digest>> walk_blobs(const Directory& root, StrangeFiles* strange);

/// The names of the folders in `path`; whatever else is there is strange.
[[nodiscard]] Result<std::vector<std::string>> walk_folders(const Directory& root, const std::string& path,
                                                            StrangeFiles* strange);
/// Whatever is in `path` beside these names is strange.
void note_strangers(const Directory& root, const std::string& path, std::initializer_list<std::string_view> known,
                    StrangeFiles& strange);
/// The same for our own folders of temporary files and of uploads' states.
void note_strange_files_of_ours(const Directory& root, StrangeFiles& strange);

}  // namespace dray
