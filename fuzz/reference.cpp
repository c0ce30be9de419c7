#include <dray/core/reference.hpp>

#include "fuzz_target.hpp"

namespace {

template <class Name>
void require_round_trips(std::string_view text) {
  const auto name = Name::parse(text);
  if (!name) return;
  for (const auto& written : {name->text(), name->familiar()}) {
    const auto again = Name::parse(written);
    dray::fuzz::require(again.has_value() && *again == *name);
  }
}

}  // namespace

/// A reference, repository or registry that was read reads back from each of its texts as the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = dray::fuzz::text_of(data, size);
  require_round_trips<dray::Reference>(text);
  require_round_trips<dray::RepositoryName>(text);
  if (const auto registry = dray::Registry::parse(text)) {
    const auto again = dray::Registry::parse(registry->text());
    dray::fuzz::require(again.has_value() && *again == *registry);
    dray::fuzz::require(registry->text().starts_with(registry->host()));
  }
  return 0;
}
