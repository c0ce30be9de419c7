#pragma once

#include <cstdint>
#include <dray/base/error.hpp>
#include <dray/server/message.hpp>
#include <string>
#include <string_view>

namespace dray::server {

/// The codes of the distribution specification, and those that the distribution registry adds.
/// Source: OCI distribution-spec 1.1, "Error Codes"; distribution 2.8, registry/api/v2/errors.go.
enum class ApiCode : std::uint8_t {
  blob_unknown,
  blob_upload_invalid,
  blob_upload_unknown,
  digest_invalid,
  manifest_blob_unknown,
  manifest_invalid,
  manifest_unknown,
  name_invalid,
  name_unknown,
  size_invalid,
  tag_invalid,
  unauthorized,
  denied,
  unsupported,
  too_many_requests,
  range_invalid,
  pagination_number_invalid,
  unavailable,
  unknown,
};

/// `BLOB_UNKNOWN`
[[nodiscard]] std::string_view name(ApiCode code) noexcept;
/// The HTTP status that goes with it.
[[nodiscard]] int status_of(ApiCode code) noexcept;

/// An answer with the specification's error body. `detail` is a JSON string value; empty: left out.
[[nodiscard]] Response refusal(ApiCode code, std::string_view message, std::string_view detail = {});
/// The same with another status.
[[nodiscard]] Response refusal_with_status(int status, ApiCode code, std::string_view message);

/// The answer to an error of the storage. `missing` is the code when the thing is not there, `invalid` when it is not
/// what it claims to be. What the disk said stays out of the answer.
[[nodiscard]] Response refusal(const Error& error, ApiCode missing, ApiCode invalid = ApiCode::unknown);

}  // namespace dray::server
