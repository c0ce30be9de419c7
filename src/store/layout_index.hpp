#pragma once

#include <dray/base/result.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/reference.hpp>
#include <dray/format/json.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// The `index.json` of an OCI layout: which manifests it offers, and under which names. A value; members that it does
/// not know are kept, of the document and of its entries, and so is the order of the entries.
/// A name is the annotation `org.opencontainers.image.ref.name` (a tag, or a full reference: both are in use) or
/// containerd's `io.containerd.image.name` (a full reference).
/// Source: image-spec 1.1, image-layout.md, "index.json file"; annotations.md.
class LayoutIndex {
 public:
  /// An index without entries.
  LayoutIndex();
  /// Errors: `invalid_input`; the entry is named.
  [[nodiscard]] static Result<LayoutIndex> parse(std::string_view text);
  /// An index of these entries, in their order. Errors: as `parse`.
  [[nodiscard]] static Result<LayoutIndex> of(const std::vector<Descriptor>& entries);
  /// The entry of a manifest under a full reference as containerd and docker write it: both annotations are set.
  [[nodiscard]] static Descriptor entry_called(const Reference& reference, Descriptor manifest);
  [[nodiscard]] std::string serialize() const { return document_.dump(); }

  [[nodiscard]] const std::vector<Descriptor>& entries() const noexcept { return entries_; }
  /// The names of all entries that have one, each once.
  [[nodiscard]] std::vector<std::string> names() const;

  /// The entry of that name; else the one whose full reference ends in `:name`.
  /// Errors: `not_found`; `invalid_input` when entries with different digests answer to the name.
  [[nodiscard]] Result<Descriptor> find(const std::string& name) const;
  /// The first entry of the digest, or nullptr.
  [[nodiscard]] const Descriptor* find(const Digest& digest) const;

  /// Lists the manifest under the name, in place of what had it. False when nothing had to change.
  [[nodiscard]] Result<bool> set_name(const std::string& name, const Descriptor& manifest);
  /// Lists the manifest without a name, unless it is listed. False when nothing had to change.
  [[nodiscard]] Result<bool> add(const Descriptor& manifest);
  /// Lists the manifest under a full reference (`entry_called`), in place of what had it.
  [[nodiscard]] Result<bool> set_reference(const Reference& reference, const Descriptor& manifest);
  /// The entry of that reference. Errors: as for a name.
  [[nodiscard]] Result<Descriptor> find(const Reference& reference) const;
  /// Takes the reference away; the manifest stays listed. Errors: as `find`.
  [[nodiscard]] Result<void> remove_reference(const Reference& reference);
  /// The references among the names, in their order, each once: containerd's name, or what reads as a full reference.
  [[nodiscard]] std::vector<Reference> references() const;
  /// Those of one entry.
  [[nodiscard]] static std::vector<Reference> references_of(const Descriptor& entry);
  /// Takes the name away; the manifest stays listed. Errors: as `find`.
  [[nodiscard]] Result<void> remove_name(const std::string& name);
  /// Removes every entry of the digest. False when there was none.
  [[nodiscard]] Result<bool> remove(const Digest& digest);

 private:
  [[nodiscard]] Result<bool> put_named(const Json& entry, const std::function<bool(const Descriptor&)>& same);
  [[nodiscard]] Result<std::vector<std::size_t>> positions(const std::string& name) const;
  [[nodiscard]] Result<std::vector<std::size_t>> positions(const Reference& reference) const;
  [[nodiscard]] Result<bool> find_all(std::vector<std::size_t>& found, const std::string& name,
                                      const std::function<bool(const Descriptor&)>& matches) const;
  [[nodiscard]] Result<void> take_name_from(const std::vector<std::size_t>& named);
  [[nodiscard]] Json::Array manifests() const;
  [[nodiscard]] Result<void> store(const Json::Array& manifests);

  Json document_;
  std::vector<Descriptor> entries_;  // in the order of the document's `manifests`
};

}  // namespace dray
