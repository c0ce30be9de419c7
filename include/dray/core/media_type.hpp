#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace dray {

/// The media types of images, by role. Sources: OCI image-spec 1.1, media-types.md; distribution, manifest-v2-2.md.
namespace media_types {

inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view oci_layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view oci_layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
/// Non-distributable layers are deprecated, but must be read.
inline constexpr std::string_view oci_foreign_layer = "application/vnd.oci.image.layer.nondistributable.v1.tar";
inline constexpr std::string_view oci_foreign_layer_gzip =
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
inline constexpr std::string_view oci_foreign_layer_zstd =
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";
inline constexpr std::string_view oci_descriptor = "application/vnd.oci.descriptor.v1+json";
inline constexpr std::string_view oci_layout_header = "application/vnd.oci.layout.header.v1+json";
/// The two bytes `{}`, where a config or layer must stand but means nothing.
inline constexpr std::string_view oci_empty = "application/vnd.oci.empty.v1+json";
/// Withdrawn before image-spec 1.1, still found.
inline constexpr std::string_view oci_artifact_manifest = "application/vnd.oci.artifact.manifest.v1+json";

inline constexpr std::string_view docker_index = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_schema1 = "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view docker_schema1_signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view docker_plugin_config = "application/vnd.docker.plugin.v1+json";
inline constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view docker_layer_gzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// In no document, but written in practice.
inline constexpr std::string_view docker_layer_zstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
inline constexpr std::string_view docker_foreign_layer = "application/vnd.docker.image.rootfs.foreign.diff.tar";
inline constexpr std::string_view docker_foreign_layer_gzip =
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

inline constexpr std::string_view buildkit_cache_config = "application/vnd.buildkit.cacheconfig.v0";
inline constexpr std::string_view in_toto = "application/vnd.in-toto+json";

}  // namespace media_types

/// How a layer's tar is compressed, as far as the media type tells. The bytes themselves have the last word.
enum class Compression : std::uint8_t { none, gzip, zstd, unknown };
/// `none`, `gzip`, `zstd` or `unknown`.
[[nodiscard]] std::string_view name(Compression compression) noexcept;

/// What some bytes are said to be: `type/subtype` without parameters. A value. The text is kept exactly as written;
/// comparison ignores case (RFC 6838 section 4.2). Unknown types are as good as known ones.
class MediaType {
 public:
  /// Reads `type/subtype`, each `[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}`; no blanks, no parameters.
  /// Errors: `invalid_input`. Source: RFC 6838 section 4.2, OCI image-spec 1.1, descriptor.md.
  [[nodiscard]] static Result<MediaType> parse(std::string_view text);
  /// The type named by a `Content-Type` header's value: parameters are cut, blanks trimmed, letters lowered.
  /// Errors: `invalid_input`.
  [[nodiscard]] static Result<MediaType> from_content_type(std::string_view header);
  /// One of `media_types`, or another type that the program itself names. Text that does not parse is a bug: asserts.
  [[nodiscard]] static MediaType of(std::string_view constant);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// An image index or a Docker manifest list.
  [[nodiscard]] bool is_index() const noexcept;
  /// An image manifest, OCI or Docker v2.2; not schema 1, not the withdrawn artifact manifest.
  [[nodiscard]] bool is_manifest() const noexcept;
  /// Docker schema 1, signed or not.
  [[nodiscard]] bool is_schema1() const noexcept;
  [[nodiscard]] bool is_artifact_manifest() const noexcept;
  /// An image's config; not a plugin's or an artifact's.
  [[nodiscard]] bool is_config() const noexcept;
  /// A layer of either family, foreign ones and unknown compressions included.
  [[nodiscard]] bool is_layer() const noexcept;
  /// A layer that is not to be distributed: its bytes may have to come from the descriptor's URLs.
  [[nodiscard]] bool is_foreign() const noexcept;
  /// The type of the same layer as one that is not to be distributed, or that is; this one where it is so already;
  /// nullopt for what is no layer.
  [[nodiscard]] std::optional<MediaType> as_foreign_layer() const;
  [[nodiscard]] std::optional<MediaType> as_ordinary_layer() const;
  [[nodiscard]] bool is_docker() const noexcept;
  [[nodiscard]] bool is_oci() const noexcept;
  /// `none` for a plain tar layer, `unknown` for whatever the type does not tell.
  [[nodiscard]] Compression compression() const noexcept;

  friend bool operator==(const MediaType& a, std::string_view b) noexcept { return a.equals(b); }
  friend bool operator==(const MediaType& a, const MediaType& b) noexcept { return a.equals(b.text_); }

 private:
  explicit MediaType(std::string text) noexcept : text_(std::move(text)) {}
  [[nodiscard]] bool equals(std::string_view other) const noexcept;

  std::string text_;
};

}  // namespace dray

template <>
struct std::hash<dray::MediaType> {
  /// Ignores case, as comparison does.
  [[nodiscard]] std::size_t operator()(const dray::MediaType& type) const noexcept;
};
