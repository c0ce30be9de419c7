#include <dray/core/digest.hpp>

#include "../api_error.hpp"
#include "../conditional.hpp"
#include "../pull_through.hpp"
#include "blob_answer.hpp"
#include "endpoints.hpp"

namespace dray::server::endpoints {
namespace {

Response redirect_to_content(const Services& services, const Call& call, const Digest& digest) {
  const auto& redirect = *services.options.redirect;
  const auto path = "/v2/" + call.repository + "/blobs/" + digest.text();
  Response response;
  response.status = 307;
  response.headers.add("Location", redirect.base_url + path + "?" +
                                       redirect.links.query_for(path, services.clock.wall_now() + redirect.lifetime));
  response.headers.add("Docker-Content-Digest", digest.text());
  response.headers.add("Cache-Control", "no-store");
  return response;
}

/// The other side of a redirect: the link is all the permission there is.
std::optional<Response> refuse_unsigned(const Services& services, const Request& request) {
  if (!services.options.content_only) return std::nullopt;
  const auto* const expires = request.parameter("expires");
  const auto* const signature = request.parameter(services.options.content_only->signature_parameter());
  if (expires == nullptr || signature == nullptr)
    return refusal(ApiCode::denied, "this host gives only what a link names");
  const auto checked =
      services.options.content_only->check(request.path, *expires, *signature, services.clock.wall_now());
  if (!checked) return refusal(ApiCode::denied, checked.error().message());
  return std::nullopt;
}

}  // namespace

Handled get_blob(Services& services, Call& call) {
  const auto digest = Digest::parse(call.last);
  if (!digest) return refusal(ApiCode::digest_invalid, digest.error().message());
  if (auto refused = refuse_unsigned(services, call.request)) return std::move(*refused);
  if (services.options.redirect && call.request.method == Method::get) {
    const auto size = services.storage->blob_size(call.repository, *digest);
    if (size) return redirect_to_content(services, call, *digest);
    if (!services.pull_through) return refusal(size.error(), ApiCode::blob_unknown);
  } else {
    auto blob = services.storage->open_blob(call.repository, *digest);
    if (blob) return answer_blob(call.request, *digest, std::move(*blob));
    if (!services.pull_through || blob.error().code() != ErrorCode::not_found) {
      return refusal(blob.error(), ApiCode::blob_unknown);
    }
  }
  return services.pull_through->get_blob(call, *digest);
}

Handled delete_blob(Services& services, Call& call) {
  const auto digest = Digest::parse(call.last);
  if (!digest) return refusal(ApiCode::digest_invalid, digest.error().message());
  return later([&services, repository = call.repository, digest = *digest] {
    const auto removed = services.storage->remove_blob(repository, digest);
    if (!removed) return refusal(removed.error(), ApiCode::blob_unknown);
    Response response;
    response.status = 202;
    return response;
  });
}

}  // namespace dray::server::endpoints
