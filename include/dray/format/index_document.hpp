#pragma once

#include <cstddef>
#include <dray/base/result.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/format/json.hpp>
#include <dray/format/manifest.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// An index that is changed entry by entry. A value. Members that nobody here knows are kept, of the document and of
/// its entries, and so is their order; what is written is a new document with a new digest all the same.
class IndexDocument {
 public:
  /// An index without entries, of that type.
  [[nodiscard]] static IndexDocument make(const MediaType& type);
  /// Errors: as `parse_manifest`; `invalid_input` for a manifest that is no index.
  [[nodiscard]] static Result<IndexDocument> parse(std::string_view bytes, std::string_view content_type);

  [[nodiscard]] const Index& index() const noexcept { return index_; }
  [[nodiscard]] const std::vector<Descriptor>& entries() const noexcept { return index_.manifests; }

  void append(const Descriptor& entry);
  /// Puts another descriptor in the place of an entry: what the old one had beside its descriptor goes with it.
  void replace(std::size_t at, const Descriptor& entry);
  void remove(std::size_t at);
  /// Removes every entry that `keep`, which has one word for each, says no to.
  void retain(const std::vector<bool>& keep);
  /// Sets an annotation of the document.
  void annotate(const std::string& key, const std::string& value);

  /// The bytes to push, in the form of `Index::serialize`.
  [[nodiscard]] std::string serialize() const;

 private:
  IndexDocument(Json document, Index index) : document_(std::move(document)), index_(std::move(index)) {}

  Json document_;
  Index index_;  // what `document_` says
};

}  // namespace dray
