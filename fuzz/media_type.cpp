#include <dray/core/media_type.hpp>

#include "fuzz_target.hpp"

/// A media type keeps its text; one from a header reads back as the same, and has one role at most.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = dray::fuzz::text_of(data, size);
  if (const auto type = dray::MediaType::parse(text)) {
    dray::fuzz::require(type->text() == text);
    const int roles = int{type->is_index()} + int{type->is_manifest()} + int{type->is_schema1()} +
                      int{type->is_artifact_manifest()} + int{type->is_config()} + int{type->is_layer()};
    dray::fuzz::require(roles <= 1);
    dray::fuzz::require(!type->is_foreign() || type->is_layer());
    const auto from_header = dray::MediaType::from_content_type(text);
    dray::fuzz::require(from_header.has_value() && *from_header == *type);
  }
  if (const auto type = dray::MediaType::from_content_type(text)) {
    const auto again = dray::MediaType::from_content_type(type->text());
    dray::fuzz::require(again.has_value() && again->text() == type->text());
  }
  return 0;
}
