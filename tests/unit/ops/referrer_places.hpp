#pragma once

#include <dray/format/manifest.hpp>
#include <dray/store/abilities.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops::testing {

/// A place that lists referrers, and more than it has where it is told to.
class ReferrerPlace final : public FakeStore, public ListsReferrers {
 public:
  std::map<Digest, std::vector<Descriptor>> lies;  ///< By subject: listed besides.

  Result<std::vector<Descriptor>> list_referrers(const Digest& subject, const std::optional<MediaType>& artifact_type,
                                                 const std::stop_token& stop) override {
    note("referrers " + subject.text());
    DRAY_TRY_ASSIGN(auto found, inner().list_referrers(subject, artifact_type, stop));
    if (const auto lie = lies.find(subject); lie != lies.end()) {
      found.insert(found.end(), lie->second.begin(), lie->second.end());
    }
    return found;
  }
};

/// Puts an artifact of one small file that points at `subject`.
inline Descriptor attach(ContentStore& store, const Descriptor& subject, std::string_view type,
                         const std::string& content, const std::optional<std::string>& tag = std::nullopt) {
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = put_bytes(&store, media_types::oci_empty, "{}"),
                    .layers = {put_bytes(&store, "text/plain", content)},
                    .artifact_type = MediaType::of(type),
                    .subject = subject,
                    .annotations = {{"content", content}}};
  return put_manifest(store, std::move(manifest), tag).raw.descriptor;
}

}  // namespace dray::ops::testing
