#pragma once

#include "../command.hpp"

// One file for each command, or for each noun with its verbs.

namespace dray::cli {

[[nodiscard]] Command inspect_command();
[[nodiscard]] Command tags_command();
[[nodiscard]] Command catalog_command();
[[nodiscard]] Command digest_command();
[[nodiscard]] Command resolve_command();
[[nodiscard]] std::vector<Command> manifest_commands();
[[nodiscard]] Command config_command();
[[nodiscard]] Command layers_command();
[[nodiscard]] std::vector<Command> blob_commands();
[[nodiscard]] Command api_command();
[[nodiscard]] Command pull_command();
[[nodiscard]] Command push_command();
[[nodiscard]] Command copy_command();
[[nodiscard]] Command sync_command();
[[nodiscard]] std::vector<Command> cache_commands();
[[nodiscard]] Command append_command();
[[nodiscard]] std::vector<Command> index_commands();
[[nodiscard]] std::vector<Command> artifact_commands();
[[nodiscard]] Command attach_command();
[[nodiscard]] Command referrers_command();
[[nodiscard]] Command tag_command();
[[nodiscard]] Command delete_command();
[[nodiscard]] Command login_command();
[[nodiscard]] Command logout_command();
[[nodiscard]] std::vector<Command> auth_commands();
[[nodiscard]] Command serve_command();
[[nodiscard]] Command convert_command();
[[nodiscard]] Command edit_command();
[[nodiscard]] Command gc_command();
[[nodiscard]] Command cat_command();
[[nodiscard]] Command export_command();
[[nodiscard]] Command ls_command();
[[nodiscard]] Command unpack_command();
[[nodiscard]] Command verify_command();

// Arguments and options that several commands declare alike.
inline constexpr Argument image_argument{"IMAGE", "a reference, or a place such as oci:DIR:TAG"};
inline constexpr Option platform_option{
    "--platform", "OS/ARCH",
    "the platform to choose from an index, for example linux/arm64 or windows/amd64:10.0.17763"};
inline constexpr Option platforms_option{"--platform", "OS/ARCH",
                                         "copy this platform only; several times: an index of just these", true};
inline constexpr Option sparse_option{
    "--sparse", "", "with --platform: keep the index and its digest, and leave out the images that were not chosen"};
inline constexpr Option foreign_option{
    "--foreign", "include|keep|skip",
    "layers that live behind URLs: copy them, or only those that the source holds, or none; include when left out"};
inline constexpr Option referrers_option{
    "--referrers", "", "take along what refers to the image: signatures, bills of materials; cosign's tags too"};
inline constexpr Option all_tags_option{"--all-tags", "", "every tag; both ends are then named without one"};
inline constexpr Option include_option{
    "--include", "PATTERN", "with --all-tags: only tags that match; a regular expression for the whole tag", true};
inline constexpr Option exclude_option{"--exclude", "PATTERN", "with --all-tags: no tags that match", true};
inline constexpr Option no_clobber_option{"--no-clobber", "", "leave a tag alone that the destination has"};
inline constexpr Option dry_run_option{"--dry-run", "", "say what would be moved and how many bytes, and move nothing"};

}  // namespace dray::cli
