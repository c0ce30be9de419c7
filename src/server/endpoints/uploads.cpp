#include <charconv>
#include <dray/core/reference.hpp>
#include <dray/server/limits.hpp>

#include "../api_error.hpp"
#include "endpoints.hpp"
#include "upload_body.hpp"

namespace dray::server::endpoints {
namespace {

/// `<first>-<last>`, without a unit, as the specification has it; `bytes ` in front is what some clients write.
std::optional<ChunkRange> parse_chunk_range(std::string_view text) {
  if (text.starts_with("bytes ")) text.remove_prefix(6);
  ChunkRange range;
  const auto* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, range.last);
  if (last.ec != std::errc{} || range.last < range.first || range.last == UINT64_MAX) return std::nullopt;
  if (last.ptr != end && *last.ptr != '/') return std::nullopt;
  return range;
}

std::optional<Response> read_range(const Request& request, UploadPlan& plan) {
  plan.size = request.body_size;
  const auto* const text = request.headers.find("Content-Range");
  if (text == nullptr) return std::nullopt;
  plan.range = parse_chunk_range(*text);
  if (plan.range) return std::nullopt;
  return refusal(ApiCode::blob_upload_invalid, "Content-Range is not <first>-<last>");
}

std::optional<Response> read_digest(const Request& request, std::string_view parameter, std::optional<Digest>& digest) {
  const auto* const text = request.parameter(parameter);
  if (text == nullptr) return std::nullopt;
  auto parsed = Digest::parse(*text);
  if (!parsed) return refusal(ApiCode::digest_invalid, parsed.error().message());
  digest = *parsed;
  return std::nullopt;
}

std::optional<Response> read_algorithm(const Request& request, UploadPlan& plan) {
  if (plan.commit) plan.algorithm = plan.commit->algorithm();
  const auto* const text = request.parameter("digest-algorithm");
  if (text == nullptr) return std::nullopt;
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    if (name(algorithm) == *text) {
      plan.algorithm = algorithm;
      return std::nullopt;
    }
  }
  return refusal(ApiCode::unsupported, "digest-algorithm is sha256 or sha512");
}

bool may_pull(Services& services, const Request& request, const std::string& repository) {
  const Need need{repository, Action::pull};
  return std::holds_alternative<Granted>(services.access->decide(request, {&need, 1}));
}

/// A blob that the client knows to be somewhere here. Without `from` the repositories that it may pull from are looked
/// through. False: it must be sent.
bool mount(Services& services, const Request& request, const std::string& to, const Digest& digest) {
  auto& storage = *services.storage;
  if (const auto* const from = request.parameter("from"); from != nullptr && !from->empty()) {
    return check_repository_path(*from) && may_pull(services, request, *from) &&
           storage.mount_blob(digest, *from, to).has_value();
  }
  const auto repositories = storage.list_repositories({}, limits::max_mount_candidates);
  if (!repositories) return false;
  for (const auto& candidate : repositories->names) {
    if (!storage.blob_size(candidate, digest) || !may_pull(services, request, candidate)) continue;
    if (storage.mount_blob(digest, candidate, to)) return true;
  }
  return false;
}

}  // namespace

Handled start_upload(Services& services, Call& call) {
  UploadPlan plan{.repository = call.repository, .user = call.user};
  std::optional<Digest> mounted;
  if (auto refused = read_digest(call.request, "mount", mounted)) return std::move(*refused);
  if (auto refused = read_digest(call.request, "digest", plan.commit)) return std::move(*refused);
  if (auto refused = read_algorithm(call.request, plan)) return std::move(*refused);
  plan.size = call.request.body_size;
  if (!mounted) return take_upload(services, std::move(plan));
  return later([&services, request = call.request, plan = std::move(plan), digest = *mounted]() mutable {
    if (mount(services, request, plan.repository, digest)) return blob_created(plan.repository, digest);
    plan.commit.reset();
    plan.algorithm = digest.algorithm();
    auto begun = take_upload(services, std::move(plan));
    auto* const taker = std::get_if<std::unique_ptr<BodyTaker>>(&begun);
    return taker != nullptr ? (*taker)->finish() : std::move(std::get<Response>(begun));
  });
}

Handled patch_upload(Services& services, Call& call) {
  UploadPlan plan{.repository = call.repository, .user = call.user, .id = call.last};
  if (auto refused = read_range(call.request, plan)) return std::move(*refused);
  return take_upload(services, std::move(plan));
}

Handled finish_upload(Services& services, Call& call) {
  UploadPlan plan{.repository = call.repository, .user = call.user, .id = call.last};
  if (auto refused = read_digest(call.request, "digest", plan.commit)) return std::move(*refused);
  if (!plan.commit) return refusal(ApiCode::digest_invalid, "the parameter 'digest' is missing");
  // An end without a last chunk needs no range, and some clients send one all the same.
  if (call.request.body_size != 0U) {
    if (auto refused = read_range(call.request, plan)) return std::move(*refused);
  }
  return take_upload(services, std::move(plan));
}

Handled get_upload(Services& services, Call& call) {
  return later([&services, repository = call.repository, id = call.last, user = call.user] {
    const auto offset = services.storage->upload_offset(repository, id, user);
    if (!offset) return refusal(offset.error(), ApiCode::blob_upload_unknown);
    Response response;
    response.status = 204;
    add_upload_headers(response, repository, id, *offset);
    return response;
  });
}

Handled cancel_upload(Services& services, Call& call) {
  return later([&services, repository = call.repository, id = call.last, user = call.user] {
    const auto cancelled = services.storage->cancel_upload(repository, id, user);
    if (!cancelled) return refusal(cancelled.error(), ApiCode::blob_upload_unknown);
    Response response;
    response.status = 204;
    return response;
  });
}

}  // namespace dray::server::endpoints
