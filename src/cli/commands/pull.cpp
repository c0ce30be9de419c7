#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

bool names_a_place(const std::string& text) {
  for (const std::string_view scheme : {"oci:", "oci-archive:", "docker-archive:", "dir:"}) {
    if (text.starts_with(scheme)) return true;
  }
  return false;
}

std::string tag_of(const Address& address) {
  if (address.kind() != PlaceKind::registry) return address.name().value_or("latest");
  return address.reference().tag().value_or("latest");
}

// `oci:FOLDER:TAG`, the folder called like the repository's last component.
std::string default_destination(const Address& address) {
  const auto path = address.kind() == PlaceKind::registry ? address.reference().repository() : address.path();
  const auto slash = path.find_last_of('/');
  return "oci:" + (slash == std::string::npos ? path : path.substr(slash + 1)) + ":" + tag_of(address);
}

// A folder as typed. One that could as well be a reference is asked about: `pull a b:5000/c` would make a folder
// b:5000.
Result<std::string> folder(const std::string& text, const std::string& tag) {
  const bool path = text.starts_with('/') || text.starts_with("./") || text.starts_with("../");
  if (!path && text.find_first_of(":@") != std::string::npos) {
    return Error(ErrorCode::invalid_input, "DEST '" + text + "' is no plain folder: write 'oci:" + text +
                                               "' for a layout and its tag, './" + text +
                                               "' for a folder of that name, or use `dray copy` for a registry");
  }
  const bool ends_its_path = text.ends_with('/') || text.find_first_of(":@") == std::string::npos;
  return "oci:" + text + (ends_its_path ? "" : "/") + ":" + tag;
}

Result<std::string> destination(const Input& input) {
  DRAY_TRY_ASSIGN(const auto address, Address::parse(input.argument("IMAGE")));
  const auto given = input.optional_argument("DEST");
  if (!given) return default_destination(address);
  if (!names_a_place(*given)) return folder(*given, tag_of(address));
  DRAY_TRY_ASSIGN(const auto place, Address::parse(*given));
  const bool has_tags = place.kind() == PlaceKind::oci_layout || place.kind() == PlaceKind::oci_archive;
  if (has_tags && !place.name() && !place.digest()) {
    return *given + ":" + tag_of(address);
  }
  return *given;
}

// The same where all tags are pulled.
Result<std::string> destination_of_all(const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, Place::parse(input.argument("IMAGE")));
  const auto given = input.optional_argument("DEST");
  if (given) return names_a_place(*given) ? *given : "oci:" + *given;
  const auto path = place.kind() == PlaceKind::registry ? place.repository().path() : place.address().path();
  return "oci:" + path.substr(path.find_last_of('/') + 1);
}

Result<int> run_pull(Context& context, const Input& input) {
  DRAY_TRY(check_tag_options(input));
  if (input.has("--all-tags")) {
    DRAY_TRY_ASSIGN(const auto to, destination_of_all(input));
    return transfer_tags(context, input, input.argument("IMAGE"), to);
  }
  DRAY_TRY_ASSIGN(const auto to, destination(input));
  return transfer(context, input, input.argument("IMAGE"), to);
}

}  // namespace

Command pull_command() {
  return {
      .name = "pull",
      .group = "Move",
      .summary = "Bring an image to disk",
      .arguments = {image_argument,
                    {"DEST",
                     "a folder, oci:DIR[:TAG], docker-archive:FILE, …; left out: a folder called like the repository",
                     false}},
      .options = {platforms_option, sparse_option, foreign_option, referrers_option, all_tags_option, include_option,
                  exclude_option, no_clobber_option, dry_run_option},
      .examples = {{"dray pull mcr.microsoft.com/dotnet/runtime:7.0 oci:runtime", "all platforms, into ./runtime"},
                   {"dray pull alpine --platform linux/arm64", "one platform, into ./alpine"},
                   {"dray pull alpine docker-archive:alpine.tar", "for docker load, podman load and skopeo"}},
      .details =
          "Layers come in parallel, large ones in parallel ranges; every byte is verified. A pull that was\n"
          "cut or killed goes on where it stopped when it is run again.",
      .run = run_pull};
}

}  // namespace dray::cli
