#include <algorithm>
#include <array>
#include <cassert>
#include <dray/core/address.hpp>
#include <dray/core/limits.hpp>

#include "quote.hpp"

namespace dray {
namespace {

constexpr std::array local_kinds{PlaceKind::oci_layout, PlaceKind::oci_archive, PlaceKind::docker_archive,
                                 PlaceKind::directory};

Error bad_address(std::string why) { return {ErrorCode::invalid_input, std::move(why)}; }

Result<std::string> parse_path(PlaceKind kind, std::string_view path) {
  const std::string scheme(name(kind));
  if (path.empty()) return bad_address("no path stands behind '" + scheme + ":'");
  if (path.starts_with("//")) {
    return bad_address("'" + scheme + ":' takes a path on disk: an image on a registry is written without a scheme");
  }
  if (path.find('\0') != std::string_view::npos) return bad_address("a path has a NUL character");
  if (path.size() > limits::max_address_path_chars) {
    return bad_address("a path is longer than " + std::to_string(limits::max_address_path_chars) + " characters");
  }
  return std::string(path);
}

// Where `@sha256:…` begins behind the last `/`, or the text's end. Another `@` belongs to the path.
std::size_t begin_of_digest(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || text.find('/', at) != std::string_view::npos) return text.size();
  const auto rest = text.substr(at + 1);
  return rest.starts_with("sha256:") || rest.starts_with("sha512:") ? at : text.size();
}

// Where the last `:` behind the last `/` stands, or the text's end.
std::size_t end_of_path(std::string_view path_and_tag) {
  const auto colon = path_and_tag.find_last_of(":/");
  return colon != std::string_view::npos && path_and_tag[colon] == ':' ? colon : path_and_tag.size();
}

// The kind whose scheme `text` begins with.
std::optional<PlaceKind> local_kind(std::string_view text) {
  for (const auto kind : local_kinds) {
    const auto scheme = name(kind);
    if (text.starts_with(scheme) && text.substr(scheme.size()).starts_with(':')) return kind;
  }
  return std::nullopt;
}

bool looks_like_path(std::string_view text) {
  return text.starts_with('/') || text.starts_with('.') || text.starts_with('~');
}

Error hint_at_path(Error error, std::string_view text) {
  if (!looks_like_path(text)) return error;
  return bad_address(quote(text) + " looks like a path: write " + quote("oci:" + std::string(text)) +
                     " for an OCI layout, or begin it with oci-archive:, docker-archive: or dir:");
}

}  // namespace

std::string_view name(PlaceKind kind) noexcept {
  switch (kind) {
    case PlaceKind::registry:
      return "docker";
    case PlaceKind::oci_layout:
      return "oci";
    case PlaceKind::oci_archive:
      return "oci-archive";
    case PlaceKind::docker_archive:
      return "docker-archive";
    case PlaceKind::directory:
      return "dir";
  }
  return "unknown";
}

Result<Address> Address::parse(std::string_view text) {
  if (const auto kind = local_kind(text)) {
    const auto rest = text.substr(dray::name(*kind).size() + 1);
    return parse_local(*kind, rest).transform_error([text](Error error) {
      return std::move(error).context("address " + quote(text));
    });
  }
  auto reference = Reference::parse(text);
  if (!reference) return hint_at_path(std::move(reference).error(), text);
  return Address(*std::move(reference));
}

Result<Address> Address::parse_local(PlaceKind kind, std::string_view rest) {
  switch (kind) {
    case PlaceKind::oci_layout:
    case PlaceKind::oci_archive:
      return parse_layout(kind, rest);
    case PlaceKind::docker_archive:
      return parse_docker_archive(rest);
    case PlaceKind::directory:
    case PlaceKind::registry:
      break;
  }
  DRAY_TRY_ASSIGN(auto path, parse_path(kind, rest));
  return Address(Local{.kind = kind, .path = std::move(path), .name = {}, .digest = {}});
}

Result<Address> Address::parse_layout(PlaceKind kind, std::string_view rest) {
  Local local{.kind = kind, .path = {}, .name = {}, .digest = {}};
  const auto digest_at = begin_of_digest(rest);
  if (digest_at < rest.size()) {
    DRAY_TRY_ASSIGN(local.digest, Digest::parse(rest.substr(digest_at + 1)));
  }
  const auto path_and_tag = rest.substr(0, digest_at);
  const auto tag_at = end_of_path(path_and_tag);
  DRAY_TRY_ASSIGN(local.path, parse_path(kind, path_and_tag.substr(0, tag_at)));
  if (tag_at < path_and_tag.size()) {
    DRAY_TRY_ASSIGN(local.name, parse_tag(path_and_tag.substr(tag_at + 1)).transform_error([](const Error& error) {
      return Error(error.code(),
                   error.message() + " (a path with a ':' in its last part is written with a '/' behind it)");
    }));
  }
  return Address(std::move(local));
}

Result<Address> Address::parse_docker_archive(std::string_view rest) {
  Local local{.kind = PlaceKind::docker_archive, .path = {}, .name = {}, .digest = {}};
  const auto colon = rest.find(':');
  DRAY_TRY_ASSIGN(local.path, parse_path(local.kind, rest.substr(0, colon)));
  if (colon == std::string_view::npos) return Address(std::move(local));
  const auto text = rest.substr(colon + 1);
  DRAY_TRY_ASSIGN(const auto reference, Reference::parse(text));
  if (reference.digest()) return bad_address("an image in a docker archive is named by a tag, not by a digest");
  local.name = std::string(text);
  return Address(std::move(local));
}

PlaceKind Address::kind() const noexcept {
  const auto* local = std::get_if<Local>(&place_);
  return local == nullptr ? PlaceKind::registry : local->kind;
}

const std::string& Address::path() const {
  const auto* local = std::get_if<Local>(&place_);
  assert(local != nullptr);
  return local->path;
}

std::optional<std::string> Address::name() const {
  const auto* local = std::get_if<Local>(&place_);
  return local == nullptr ? reference().tag() : local->name;
}

std::optional<Digest> Address::digest() const {
  const auto* local = std::get_if<Local>(&place_);
  return local == nullptr ? reference().digest() : local->digest;
}

const Reference& Address::reference() const {
  const auto* reference = std::get_if<Reference>(&place_);
  assert(reference != nullptr);
  return *reference;
}

std::string Address::text() const {
  const auto* local = std::get_if<Local>(&place_);
  if (local == nullptr) {
    auto text = reference().text();
    // A registry may be called `oci` as well: `docker://oci:5000/app:1`.
    return local_kind(text) ? "docker://" + text : text;
  }
  std::string text(dray::name(local->kind));
  text.append(":").append(local->path);
  if (local->name) text.append(":").append(*local->name);
  if (local->digest) text.append("@").append(local->digest->text_view());
  return text;
}

}  // namespace dray
