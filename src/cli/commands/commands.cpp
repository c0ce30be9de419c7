#include "commands.hpp"

#include <iterator>
#include <utility>

namespace dray::cli {

const std::vector<Command>& commands() {
  static const auto all = [] {
    std::vector<Command> list;
    const auto add_all = [&list](std::vector<Command> more) {
      list.insert(list.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    list.push_back(inspect_command());
    list.push_back(tags_command());
    list.push_back(catalog_command());
    list.push_back(digest_command());
    list.push_back(resolve_command());
    list.push_back(config_command());
    list.push_back(layers_command());
    add_all(manifest_commands());
    add_all(blob_commands());
    list.push_back(api_command());
    list.push_back(pull_command());
    list.push_back(push_command());
    list.push_back(copy_command());
    list.push_back(sync_command());
    add_all(cache_commands());
    list.push_back(unpack_command());
    list.push_back(ls_command());
    list.push_back(cat_command());
    list.push_back(export_command());
    list.push_back(convert_command());
    list.push_back(append_command());
    add_all(index_commands());
    list.push_back(edit_command());
    list.push_back(tag_command());
    list.push_back(delete_command());
    add_all(artifact_commands());
    list.push_back(attach_command());
    list.push_back(referrers_command());
    list.push_back(login_command());
    list.push_back(logout_command());
    add_all(auth_commands());
    list.push_back(serve_command());
    list.push_back(gc_command());
    list.push_back(verify_command());
    return list;
  }();
  return all;
}

}  // namespace dray::cli
