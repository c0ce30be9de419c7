#include "../api_error.hpp"
#include "../manifest_name.hpp"
#include "../pull_through.hpp"
#include "endpoints.hpp"
#include "manifest_answer.hpp"

namespace dray::server::endpoints {
namespace {

Response bad_name(const std::string& text, const Error& error) {
  return refusal(text.find(':') == std::string::npos ? ApiCode::tag_invalid : ApiCode::digest_invalid, error.message());
}

/// An unknown repository and an unknown manifest are told apart, as the specification asks.
Response missing_manifest(const Services& services, const std::string& repository, const Error& error) {
  if (error.code() != ErrorCode::not_found) return refusal(error, ApiCode::manifest_unknown);
  const auto tags = services.storage->list_tags(repository, {}, 0);
  const bool known = tags || tags.error().code() != ErrorCode::not_found;
  return refusal(known ? ApiCode::manifest_unknown : ApiCode::name_unknown, error.message());
}

}  // namespace

Handled get_manifest(Services& services, Call& call) {
  const auto name = parse_manifest_name(call.last);
  if (!name) return bad_name(call.last, name.error());
  if (services.pull_through) return services.pull_through->get_manifest(call, *name);
  const auto manifest = services.storage->get_manifest(call.repository, *name);
  if (!manifest) return missing_manifest(services, call.repository, manifest.error());
  return answer_manifest(call.request, *manifest);
}

Handled delete_manifest(Services& services, Call& call) {
  const auto name = parse_manifest_name(call.last);
  if (!name) return bad_name(call.last, name.error());
  return later([&services, repository = call.repository, name = *name] {
    const auto* const tag = std::get_if<std::string>(&name);
    const auto removed = tag != nullptr ? services.storage->remove_tag(repository, *tag)
                                        : services.storage->remove_manifest(repository, std::get<Digest>(name));
    if (!removed) return missing_manifest(services, repository, removed.error());
    Response response;
    response.status = 202;
    return response;
  });
}

}  // namespace dray::server::endpoints
