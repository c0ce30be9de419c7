#include <dray/store/oci_layout.hpp>
#include <dray/store/referrers.hpp>

#include "layout_referrers.hpp"
#include "oci_layout_state.hpp"

namespace dray {

Result<std::vector<Descriptor>> OciLayout::list_referrers(const Digest& subject,
                                                          const std::optional<MediaType>& artifact_type,
                                                          const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto index, state_->folder.read_index());
  DRAY_TRY_ASSIGN(auto found, state_->in_context(dray::list_referrers(*state_, index, subject, stop)));
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
  ReferrersChange done;
  DRAY_TRY(state_->folder.change_index(
      [&](LayoutIndex& index) -> Result<bool> {
        DRAY_TRY_ASSIGN(done, state_->in_context(dray::change_referrers(*state_, index, subject, change, stop)));
        return done.changed;
      },
      stop));
  if (done.replaced) DRAY_TRY(state_->blobs.remove(*done.replaced));
  return {};
}

}  // namespace dray
