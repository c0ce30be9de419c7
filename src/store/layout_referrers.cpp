#include "layout_referrers.hpp"

#include <dray/base/stop.hpp>
#include <dray/core/limits.hpp>

#include <algorithm>

namespace dray {
namespace {

std::size_t count_of(const LayoutIndex& index, const Digest& digest) {
  return static_cast<std::size_t>(std::ranges::count(index.entries(), digest, &Descriptor::digest));
}

/// A list without entries goes, and its tag with it.
Result<void> drop_list(LayoutIndex& index, const std::string& tag, const Digest& list) {
  if (count_of(index, list) > 1) return index.remove_name(tag);
  DRAY_TRY(index.remove(list));
  return {};
}

/// The list under the subject's tag; one without entries where there is none.
Result<IndexDocument> read_list(const LayoutManifests& manifests, const LayoutIndex& index, const Digest& subject) {
  const auto entry = index.find(referrers_tag(subject));
  if (!entry && entry.error().code() == ErrorCode::not_found) {
    return IndexDocument::make(MediaType::of(media_types::oci_index));
  }
  if (!entry) return entry.error();
  DRAY_TRY_ASSIGN(const auto manifest, manifests.read_listed(*entry));
  return parse_referrers(manifest).transform_error(
      [&](Error error) { return std::move(error).context("the referrers under the tag " + referrers_tag(subject)); });
}

/// Those whose subject is read in the manifests that the index lists. What cannot be read is no referrer.
Result<void> scan(const LayoutManifests& manifests, const LayoutIndex& index, const Digest& subject,
                  std::vector<Descriptor>& found, const std::stop_token& stop) {
  std::uint64_t bytes = 0;
  for (const auto& entry : index.entries()) {
    DRAY_TRY(check_running(stop));
    const auto manifest = manifests.read_listed(entry);
    if (!manifest) continue;
    bytes += manifest->bytes.size();
    if (bytes > limits::max_graph_bytes) {
      return Error(ErrorCode::limit_exceeded,
                   "the manifests that it lists have more than " + std::to_string(limits::max_graph_bytes) + " bytes");
    }
    auto referral = referral_of(*manifest);
    if (referral && referral->subject == subject) found.push_back(std::move(referral->entry));
  }
  return {};
}

}  // namespace

Result<std::vector<Descriptor>> list_referrers(const LayoutManifests& manifests, const LayoutIndex& index,
                                               const Digest& subject, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto list, read_list(manifests, index, subject));
  auto found = list.entries();
  DRAY_TRY(scan(manifests, index, subject, found, stop));
  return found;
}

Result<ReferrersChange> change_referrers(LayoutManifests& manifests, LayoutIndex& index, const Digest& subject,
                                         const std::function<bool(IndexDocument&)>& change,
                                         const std::stop_token& stop) {
  const auto tag = referrers_tag(subject);
  DRAY_TRY_ASSIGN(auto list, read_list(manifests, index, subject));
  if (!change(list)) return ReferrersChange{};
  ReferrersChange done{.changed = true};
  if (const auto old = index.find(tag)) done.replaced = old->digest;
  if (list.entries().empty()) {
    DRAY_TRY(drop_list(index, tag, *done.replaced));
  } else {
    const auto raw = raw_referrers(list);
    DRAY_TRY(manifests.store_manifest(raw, stop));
    DRAY_TRY(index.set_name(tag, raw.descriptor));
  }
  if (done.replaced && count_of(index, *done.replaced) > 0) done.replaced.reset();
  return done;
}

}  // namespace dray
