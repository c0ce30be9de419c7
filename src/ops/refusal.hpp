#pragma once

#include <dray/base/error.hpp>
#include <dray/store/content.hpp>

namespace dray::ops {

/// Adds to a registry's refusal of `manifest` what may be behind it: layers with `urls`, which registries do not allow
/// unless they are told to (Debian's docker-registry 2.8.2 answers 500 then). Other errors stay as they are.
[[nodiscard]] Error explain_refusal(Error error, const RawManifest& manifest);

/// The same for an index some of whose images are left out.
[[nodiscard]] Error explain_refused_gaps(Error error);

}  // namespace dray::ops
