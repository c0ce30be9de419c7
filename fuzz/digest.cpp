#include <dray/core/digest.hpp>

#include "fuzz_target.hpp"

/// A digest is read only from its own text, and that text is fit for a path; what was hashed has such a digest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = dray::fuzz::text_of(data, size);
  if (const auto digest = dray::Digest::parse(text)) {
    dray::fuzz::require(digest->text() == text);
    dray::fuzz::require(digest->hex().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    dray::fuzz::require(digest->hex().size() == 2 * dray::hash_bytes(digest->algorithm()));
  }
  const auto of_bytes = dray::Digest::of(dray::as_bytes(text));
  const auto again = dray::Digest::parse(of_bytes.text());
  dray::fuzz::require(again.has_value() && *again == of_bytes);
  return 0;
}
