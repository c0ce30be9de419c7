#pragma once

#include <dray/core/address.hpp>
#include <dray/core/reference.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace dray {

/// What holds many images: a repository on a registry, or a place on disk with none of its images named. A value.
class Place {
 public:
  /// Reads `[registry/]repository` as `RepositoryName::parse` does, or a local address without tag and digest. Errors:
  /// `invalid_input`, with a sentence for a tag or digest that is one word too many.
  [[nodiscard]] static Result<Place> parse(std::string_view text);
  explicit Place(RepositoryName repository) : where_(std::move(repository)) {}

  [[nodiscard]] PlaceKind kind() const noexcept;
  /// Asserts unless the kind is `registry`.
  [[nodiscard]] const RepositoryName& repository() const;
  /// `registry/repository` or the address as it was written.
  [[nodiscard]] std::string text() const;
  /// The place itself, for what opens addresses.
  [[nodiscard]] Address address() const;

  friend bool operator==(const Place&, const Place&) = default;

 private:
  explicit Place(Address local) : where_(std::move(local)) {}
  std::variant<RepositoryName, Address> where_;
};

}  // namespace dray
