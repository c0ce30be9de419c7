#include <algorithm>
#include <array>
#include <cassert>
#include <dray/core/limits.hpp>
#include <dray/core/media_type.hpp>

#include "chars.hpp"
#include "quote.hpp"

namespace dray {
namespace {

constexpr std::array foreign_layer_families{media_types::oci_foreign_layer, media_types::docker_foreign_layer};
constexpr std::array layer_families{media_types::oci_layer, media_types::docker_layer, media_types::oci_foreign_layer,
                                    media_types::docker_foreign_layer};

bool is_name_char(char c) {
  return chars::is_alphanumeric(c) || std::string_view("!#$&^_.+-").find(c) != std::string_view::npos;
}

// RFC 6838 section 4.2, `restricted-name`.
bool is_restricted_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::max_media_type_part_chars && chars::is_alphanumeric(text.front()) &&
         std::ranges::all_of(text, is_name_char);
}

bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && is_restricted_name(text.substr(0, slash)) &&
         is_restricted_name(text.substr(slash + 1));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && chars::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && chars::equal_ignoring_case(text.substr(text.size() - suffix.size()), suffix);
}

// The plain tar type, or that type with a compression behind it: `…tar+zstd` for OCI, `…tar.gzip` for Docker.
bool is_of_family(std::string_view text, std::string_view tar_type) {
  if (!starts_with_ignoring_case(text, tar_type)) return false;
  const auto rest = text.substr(tar_type.size());
  return rest.empty() || (rest.size() > 1 && (rest.front() == '+' || rest.front() == '.'));
}

// The type in another family, compression kept; nullopt where it is not of the first one.
std::optional<MediaType> in_family(std::string_view text, std::string_view family, std::string_view other) {
  if (!is_of_family(text, family)) return std::nullopt;
  auto type = MediaType::parse(std::string(other).append(text.substr(family.size())));
  return type ? std::optional(*std::move(type)) : std::nullopt;  // it may have become too long
}

}  // namespace

std::string_view name(Compression compression) noexcept {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::unknown:
      break;
  }
  return "unknown";
}

Result<MediaType> MediaType::parse(std::string_view text) {
  if (!is_media_type(text)) {
    return Error(ErrorCode::invalid_input, "media type " + quote(text) + " is not of the form type/subtype");
  }
  return MediaType(std::string(text));
}

Result<MediaType> MediaType::from_content_type(std::string_view header) {
  return parse(chars::lowered(trimmed(header.substr(0, header.find(';')))));
}

MediaType MediaType::of(std::string_view constant) {
  assert(is_media_type(constant));
  return MediaType(std::string(constant));
}

bool MediaType::is_index() const noexcept {
  return equals(media_types::oci_index) || equals(media_types::docker_index);
}

bool MediaType::is_manifest() const noexcept {
  return equals(media_types::oci_manifest) || equals(media_types::docker_manifest);
}

bool MediaType::is_schema1() const noexcept {
  return equals(media_types::docker_schema1) || equals(media_types::docker_schema1_signed);
}

bool MediaType::is_artifact_manifest() const noexcept { return equals(media_types::oci_artifact_manifest); }

bool MediaType::is_config() const noexcept {
  return equals(media_types::oci_config) || equals(media_types::docker_config);
}

bool MediaType::is_layer() const noexcept {
  return std::ranges::any_of(layer_families, [this](auto family) { return is_of_family(text_, family); });
}

bool MediaType::is_foreign() const noexcept {
  return std::ranges::any_of(foreign_layer_families, [this](auto family) { return is_of_family(text_, family); });
}

std::optional<MediaType> MediaType::as_foreign_layer() const {
  if (is_foreign()) return *this;
  if (auto oci = in_family(text_, media_types::oci_layer, media_types::oci_foreign_layer)) return oci;
  if (auto docker = in_family(text_, media_types::docker_layer, media_types::docker_foreign_layer)) return docker;
  return std::nullopt;
}

std::optional<MediaType> MediaType::as_ordinary_layer() const {
  if (auto oci = in_family(text_, media_types::oci_foreign_layer, media_types::oci_layer)) return oci;
  if (auto docker = in_family(text_, media_types::docker_foreign_layer, media_types::docker_layer)) return docker;
  return is_layer() ? std::optional(*this) : std::nullopt;
}

bool MediaType::is_docker() const noexcept { return starts_with_ignoring_case(text_, "application/vnd.docker."); }

bool MediaType::is_oci() const noexcept { return starts_with_ignoring_case(text_, "application/vnd.oci."); }

Compression MediaType::compression() const noexcept {
  const auto ends_with = [this](std::string_view suffix) { return ends_with_ignoring_case(text_, suffix); };
  if (ends_with("+gzip") || ends_with(".gzip")) return Compression::gzip;
  if (ends_with("+zstd") || ends_with(".zstd")) return Compression::zstd;
  if (ends_with(".tar")) return Compression::none;
  return Compression::unknown;
}

bool MediaType::equals(std::string_view other) const noexcept { return chars::equal_ignoring_case(text_, other); }

}  // namespace dray

std::size_t std::hash<dray::MediaType>::operator()(const dray::MediaType& type) const noexcept {
  std::size_t value = 14695981039346656037ULL;  // FNV-1a: no copy for the sake of lower case
  for (const char c : type.text()) {
    value = (value ^ static_cast<unsigned char>(dray::chars::lowered(c))) * 1099511628211ULL;
  }
  return value;
}
