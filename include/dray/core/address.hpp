#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <dray/core/reference.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dray {

/// The kinds of place an image can be in.
enum class PlaceKind : std::uint8_t { registry, oci_layout, oci_archive, docker_archive, directory };
/// As the kind begins an address: `oci`, `oci-archive`, `docker-archive`, `dir`; `docker` for a registry.
[[nodiscard]] std::string_view name(PlaceKind kind) noexcept;

/// Where an image is, or is to be: a reference on a registry, or a place on disk. A value; nothing is looked up.
///
/// `oci:DIR[:TAG][@DIGEST]`, `oci-archive:FILE[:TAG][@DIGEST]`: the last `:` after the last `/` begins the tag, so a
/// path with a colon in its last component is written with a `/` behind it. `docker-archive:FILE[:REF]`: the first `:`
/// begins the reference, which may have colons and slashes of its own. `dir:DIR`: all of it is the path.
/// A known scheme always wins; a repository of that name is written with its registry.
class Address {
 public:
  /// Errors: `invalid_input`, with a hint for what looks like a path.
  [[nodiscard]] static Result<Address> parse(std::string_view text);
  explicit Address(Reference reference) : place_(std::move(reference)) {}

  [[nodiscard]] PlaceKind kind() const noexcept;
  /// The path on disk as written; asserts for `registry`.
  [[nodiscard]] const std::string& path() const;
  /// The tag (a registry's too) or, for `docker_archive`, the reference's text as written; nothing where none is given.
  [[nodiscard]] std::optional<std::string> name() const;
  [[nodiscard]] std::optional<Digest> digest() const;
  /// Asserts unless the kind is `registry`.
  [[nodiscard]] const Reference& reference() const;

  /// The address again, as `parse` reads it; a registry's is the canonical reference.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Address&, const Address&) = default;

 private:
  struct Local {
    PlaceKind kind;
    std::string path;
    std::optional<std::string> name;
    std::optional<Digest> digest;
    friend bool operator==(const Local&, const Local&) = default;
  };
  explicit Address(Local local) : place_(std::move(local)) {}
  static Result<Address> parse_local(PlaceKind kind, std::string_view rest);
  static Result<Address> parse_layout(PlaceKind kind, std::string_view rest);
  static Result<Address> parse_docker_archive(std::string_view rest);

  std::variant<Reference, Local> place_;
};

}  // namespace dray
