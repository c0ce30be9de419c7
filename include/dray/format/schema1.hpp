#pragma once

#include <dray/base/result.hpp>
#include <dray/core/diff_id.hpp>
#include <dray/core/digest.hpp>
#include <dray/format/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// What the digest of a Docker schema 1 manifest is taken over: a signed one without its signatures, put together as
/// they say (`formatLength`, `formatTail`); any other as it is. Whoever trusts the digest reads this and not the bytes.
/// Signatures are not checked: their keys are nobody's.
/// Errors: `invalid_input` for signatures that cannot be read, lead out of the document, or contradict each other.
/// Source: distribution 2.8, manifest-v2-1.md; docker/libtrust, jsonsign.go.
[[nodiscard]] Result<std::string> schema1_payload(std::string_view bytes);

/// One step of the history of a schema 1 image.
struct Schema1Step {
  Digest blob;
  bool empty = false;  ///< It changed no files: its blob is no layer of the image.
  Json image;          ///< The `v1Compatibility` of this step.
};

/// The steps, base first, although the document has the top first; the same step twice in a row counts once.
/// Errors: `invalid_input` for lists of different lengths, none at all, an `id` that is not 64 digits of hex, and a
/// `parent` that is not the step below; `limit_exceeded` for more than `max_layers`.
[[nodiscard]] Result<std::vector<Schema1Step>> schema1_steps(std::string_view payload);

/// The config that says the same: the top step's without what only schema 1 has, with the diff IDs of the steps that
/// are not empty, base first, and a history of all. Members by their names, on one line, as skopeo writes it. `steps`
/// are as `schema1_steps` gives them.
[[nodiscard]] std::string schema1_config(const std::vector<Schema1Step>& steps, const std::vector<DiffId>& diff_ids);

}  // namespace dray
