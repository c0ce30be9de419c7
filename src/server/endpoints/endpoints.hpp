#pragma once

#include "../services.hpp"

/// Every handler, one file per family. Each takes a call whose repository is a valid name and whose sender may do it.
namespace dray::server::endpoints {

// version.cpp
[[nodiscard]] Handled get_version(Services& services, Call& call);
[[nodiscard]] Handled get_extensions(Services& services, Call& call);
// listings.cpp
[[nodiscard]] Handled get_catalog(Services& services, Call& call);
[[nodiscard]] Handled get_tags(Services& services, Call& call);
// manifests.cpp, manifest_push.cpp
[[nodiscard]] Handled get_manifest(Services& services, Call& call);
[[nodiscard]] Handled put_manifest(Services& services, Call& call);
[[nodiscard]] Handled delete_manifest(Services& services, Call& call);
// blobs.cpp
[[nodiscard]] Handled get_blob(Services& services, Call& call);
[[nodiscard]] Handled delete_blob(Services& services, Call& call);
// uploads.cpp, upload_body.cpp
[[nodiscard]] Handled start_upload(Services& services, Call& call);
[[nodiscard]] Handled get_upload(Services& services, Call& call);
[[nodiscard]] Handled patch_upload(Services& services, Call& call);
[[nodiscard]] Handled finish_upload(Services& services, Call& call);
[[nodiscard]] Handled cancel_upload(Services& services, Call& call);
// referrers.cpp
[[nodiscard]] Handled get_referrers(Services& services, Call& call);
// operations.cpp
[[nodiscard]] Handled get_health(Services& services, Call& call);
[[nodiscard]] Handled get_metrics(Services& services, Call& call);

}  // namespace dray::server::endpoints
