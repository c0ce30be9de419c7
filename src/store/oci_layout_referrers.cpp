#include <dray/core/limits.hpp>
#include <dray/store/oci_layout.hpp>
#include <dray/store/referrers.hpp>

#include <algorithm>

#include "oci_layout_state.hpp"

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

}  // namespace

/// The list under the subject's tag; one without entries where there is none.
Result<IndexDocument> OciLayout::State::read_referrers(const LayoutIndex& index, const Digest& subject) const {
  const auto entry = index.find(referrers_tag(subject));
  if (!entry && entry.error().code() == ErrorCode::not_found) {
    return IndexDocument::make(MediaType::of(media_types::oci_index));
  }
  if (!entry) return in_context(entry.error());
  DRAY_TRY_ASSIGN(const auto manifest, read_listed(*entry));
  return parse_referrers(manifest).transform_error([&](Error error) {
    return in_context(std::move(error).context("the referrers under the tag " + referrers_tag(subject)));
  });
}

/// Those whose subject is read in the manifests that the layout lists. What cannot be read is no referrer.
Result<void> OciLayout::State::scan_referrers(const LayoutIndex& index, const Digest& subject,
                                              std::vector<Descriptor>& found, const std::stop_token& stop) const {
  std::uint64_t bytes = 0;
  for (const auto& entry : index.entries()) {
    if (stop.stop_requested()) return Error(ErrorCode::cancelled, "stopped");
    const auto manifest = read_listed(entry);
    if (!manifest) continue;
    bytes += manifest->bytes.size();
    if (bytes > limits::max_graph_bytes) {
      return in_context({ErrorCode::limit_exceeded, "the manifests that it lists have more than " +
                                                        std::to_string(limits::max_graph_bytes) + " bytes"});
    }
    auto referral = referral_of(*manifest);
    if (referral && referral->subject == subject) found.push_back(std::move(referral->entry));
  }
  return {};
}

Result<std::vector<Descriptor>> OciLayout::list_referrers(const Digest& subject,
                                                          const std::optional<MediaType>& artifact_type,
                                                          const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  DRAY_TRY_ASSIGN(const auto list, state_->read_referrers(index, subject));
  auto found = list.entries();
  DRAY_TRY(state_->scan_referrers(index, subject, found, stop));
  return select_referrers(std::move(found), artifact_type);
}

Result<void> OciLayout::list_as_referrer(const RawManifest& manifest, const std::stop_token& stop) {
  const auto referral = referral_of(manifest);
  if (!referral) return {};
  return change_referrers(
      referral->subject, [&](IndexDocument& list) { return add_referrer(list, referral->entry); }, stop);
}

Result<void> OciLayout::unlist_referrer(const Referral& referral, const std::stop_token& stop) {
  return change_referrers(
      referral.subject, [&](IndexDocument& list) { return remove_referrer(list, referral.entry.digest); }, stop);
}

/// Replaces the list of a subject's referrers, and takes the old one's bytes away, which nobody else names.
Result<void> OciLayout::change_referrers(const Digest& subject, const std::function<bool(IndexDocument&)>& change,
                                         const std::stop_token& stop) {
  state_->written = true;
  const auto tag = referrers_tag(subject);
  std::optional<Digest> replaced;
  auto written = state_->folder.change_index(
      [&](LayoutIndex& index) -> Result<bool> {
        DRAY_TRY_ASSIGN(auto list, state_->read_referrers(index, subject));
        if (!change(list)) return false;
        if (const auto old = index.find(tag)) replaced = old->digest;
        if (list.entries().empty()) {
          DRAY_TRY(drop_list(index, tag, *replaced));
        } else {
          const auto raw = raw_referrers(list);
          DRAY_TRY(store_manifest(raw, stop));
          DRAY_TRY(index.set_name(tag, raw.descriptor));
        }
        if (replaced && count_of(index, *replaced) > 0) replaced.reset();
        return true;
      },
      stop);
  DRAY_TRY(std::move(written));
  if (replaced) DRAY_TRY(state_->blobs.remove(*replaced));
  return {};
}

}  // namespace dray
