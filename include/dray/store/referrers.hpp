#pragma once

#include <dray/core/descriptor.hpp>
#include <dray/format/index_document.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <string>
#include <vector>

// How referrers are listed: the entries, and the tag that holds them where no registry keeps track.
// Source: distribution-spec 1.1, "Listing Referrers", "Pushing Manifests with Subject", "Referrers Tag Schema".

namespace dray {

/// A manifest that points at another one.
struct Referral {
  Digest subject;
  Descriptor entry;  ///< As the list of the subject's referrers has it.
};

/// What a manifest says of itself; nullopt for one without a subject and for what is no manifest.
[[nodiscard]] std::optional<Referral> referral_of(const RawManifest& manifest);

/// The manifest's descriptor with the artifact type (of a manifest without one: its config's type) and the annotations
/// that a list of referrers gives with it.
[[nodiscard]] Descriptor referrer_entry(const Descriptor& descriptor, const AnyManifest& manifest);

/// The tag whose index lists a manifest's referrers on a registry without the API for it, and in layouts:
/// `sha256-<hex>`; the algorithm is cut at 32 characters, the hash at 64.
[[nodiscard]] std::string referrers_tag(const Digest& subject);

/// Reads what the tag holds. `invalid_input` where it is no index: the tag is somebody's for something else.
[[nodiscard]] Result<IndexDocument> parse_referrers(const RawManifest& manifest);
/// The index as it is pushed.
[[nodiscard]] RawManifest raw_referrers(const IndexDocument& index);
/// True when the list was changed; false: it has that entry.
bool add_referrer(IndexDocument& index, const Descriptor& entry);
/// True when the list was changed; false: it has none of that digest.
bool remove_referrer(IndexDocument& index, const Digest& digest);

/// Entries of the type (all, where none is given), each digest once, in their order.
[[nodiscard]] std::vector<Descriptor> select_referrers(std::vector<Descriptor> entries,
                                                       const std::optional<MediaType>& artifact_type);

}  // namespace dray
