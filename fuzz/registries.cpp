#include <dray/settings/registries.hpp>

#include "fuzz_target.hpp"

/// What reads leads every name somewhere or says why not, and an insecure registry was called so.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dray;
  const auto text = fuzz::text_of(data, size);
  const auto registries = settings::Registries::parse(text, "f");
  if (!registries) {
    fuzz::require(!registries.error().message().empty());
    return 0;
  }
  for (const auto* const name : {"alpine", "r.example/team/app", "a.b.example.com:5000/x"}) {
    static_cast<void>(registries->places(*RepositoryName::parse(name)));
  }
  fuzz::require(!registries->is_insecure("r.example") || text.find("insecure") != std::string::npos);
  return 0;
}
