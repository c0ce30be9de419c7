#include <cassert>
#include <dray/core/place.hpp>

#include "quote.hpp"

namespace dray {
namespace {

Error one_word_too_many(std::string_view text, const std::string& name) {
  return {ErrorCode::invalid_input,
          quote(text) + " names one image, " + quote(name) + ": where many tags are meant, leave it out"};
}

}  // namespace

Result<Place> Place::parse(std::string_view text) {
  DRAY_TRY_ASSIGN(auto address, Address::parse(text));
  if (address.kind() == PlaceKind::registry) {
    DRAY_TRY_ASSIGN(auto repository, RepositoryName::parse(text));
    return Place(std::move(repository));
  }
  if (address.digest()) return one_word_too_many(text, address.digest()->text());
  if (address.name()) return one_word_too_many(text, *address.name());
  return Place(std::move(address));
}

PlaceKind Place::kind() const noexcept {
  const auto* local = std::get_if<Address>(&where_);
  return local == nullptr ? PlaceKind::registry : local->kind();
}

const RepositoryName& Place::repository() const {
  const auto* repository = std::get_if<RepositoryName>(&where_);
  assert(repository != nullptr);
  return *repository;
}

std::string Place::text() const {
  const auto* local = std::get_if<Address>(&where_);
  return local == nullptr ? repository().text() : local->text();
}

Address Place::address() const {
  const auto* local = std::get_if<Address>(&where_);
  if (local != nullptr) return *local;
  return Address(Reference::make(repository(), "latest").value());
}

}  // namespace dray
