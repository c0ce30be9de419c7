#include "api_error.hpp"

#include <dray/format/json.hpp>

namespace dray::server {
namespace {

struct Row {
  std::string_view name;
  int status;
};

constexpr Row row_of(ApiCode code) noexcept {
  switch (code) {
    case ApiCode::blob_unknown:
      return {"BLOB_UNKNOWN", 404};
    case ApiCode::blob_upload_invalid:
      return {"BLOB_UPLOAD_INVALID", 400};
    case ApiCode::blob_upload_unknown:
      return {"BLOB_UPLOAD_UNKNOWN", 404};
    case ApiCode::digest_invalid:
      return {"DIGEST_INVALID", 400};
    case ApiCode::manifest_blob_unknown:
      return {"MANIFEST_BLOB_UNKNOWN", 400};
    case ApiCode::manifest_invalid:
      return {"MANIFEST_INVALID", 400};
    case ApiCode::manifest_unknown:
      return {"MANIFEST_UNKNOWN", 404};
    case ApiCode::name_invalid:
      return {"NAME_INVALID", 400};
    case ApiCode::name_unknown:
      return {"NAME_UNKNOWN", 404};
    case ApiCode::size_invalid:
      return {"SIZE_INVALID", 400};
    case ApiCode::tag_invalid:
      return {"TAG_INVALID", 400};
    case ApiCode::unauthorized:
      return {"UNAUTHORIZED", 401};
    case ApiCode::denied:
      return {"DENIED", 403};
    case ApiCode::unsupported:
      return {"UNSUPPORTED", 405};
    case ApiCode::too_many_requests:
      return {"TOOMANYREQUESTS", 429};
    case ApiCode::range_invalid:
      return {"RANGE_INVALID", 416};
    case ApiCode::pagination_number_invalid:
      return {"PAGINATION_NUMBER_INVALID", 400};
    case ApiCode::unavailable:
      return {"UNAVAILABLE", 503};
    case ApiCode::unknown:
      return {"UNKNOWN", 500};
  }
  return {"UNKNOWN", 500};
}

Response with_body(int status, ApiCode code, std::string_view message, std::string_view detail) {
  Json error;
  error.set("code", name(code));
  error.set("message", message);
  if (!detail.empty()) error.set("detail", detail);
  Json body;
  body.set("errors", Json::Array{std::move(error)});
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = body.dump() + "\n";
  return response;
}

}  // namespace

std::string_view name(ApiCode code) noexcept { return row_of(code).name; }
int status_of(ApiCode code) noexcept { return row_of(code).status; }

Response refusal(ApiCode code, std::string_view message, std::string_view detail) {
  return with_body(status_of(code), code, message, detail);
}

Response refusal_with_status(int status, ApiCode code, std::string_view message) {
  return with_body(status, code, message, {});
}

Response refusal(const Error& error, ApiCode missing, ApiCode invalid) {
  switch (error.code()) {
    case ErrorCode::not_found:
      return refusal(missing, error.message());
    case ErrorCode::invalid_input:
    case ErrorCode::digest_mismatch:
      return invalid == ApiCode::unknown ? refusal(ApiCode::unknown, "what is stored here is damaged")
                                         : refusal(invalid, error.message());
    case ErrorCode::limit_exceeded:
      return refusal_with_status(413, ApiCode::size_invalid, error.message());
    case ErrorCode::conflict:
      return refusal_with_status(409, ApiCode::blob_upload_invalid, error.message());
    case ErrorCode::no_space:
      return refusal_with_status(507, ApiCode::unavailable, "the registry has no space left; nothing was stored");
    case ErrorCode::unsupported:
      return refusal(ApiCode::unsupported, error.message());
    case ErrorCode::unauthorized:
    case ErrorCode::denied:
      return refusal_with_status(502, ApiCode::unavailable, "the upstream refuses this registry");
    case ErrorCode::rate_limited:
      return refusal(ApiCode::too_many_requests, "the upstream asks to come back later");
    case ErrorCode::unavailable:
    case ErrorCode::protocol:
      return refusal_with_status(502, ApiCode::unavailable, "the upstream does not answer");
    case ErrorCode::timed_out:
      return refusal_with_status(504, ApiCode::unavailable, "the upstream took too long");
    case ErrorCode::cancelled:
      return refusal(ApiCode::unavailable, "the registry is stopping");
    case ErrorCode::io:
      break;
  }
  return refusal(ApiCode::unknown, "the registry could not read or write its storage");
}

}  // namespace dray::server
