#include <fmt/format.h>
#include <dray/http/content_range.hpp>
#include <dray/http/response.hpp>

#include "repository_impl.hpp"

namespace dray::client {
namespace {

/// What a signed link answers when it has expired or was made for another request.
bool is_stale_link(int status) {
  return status == 400 || status == 401 || status == 403 || status == 404 || status == 410;
}

bool is_redirect(int status) { return status >= 300 && status < 400; }

constexpr ByteRange first_byte{0, 1};

/// The whole blob's size, from the answer to a HEAD, a GET or a GET of the first byte.
std::optional<std::uint64_t> size_of(const http::ResponseHead& head) {
  if (head.status == 200) return head.content_length();
  const auto* const line = head.headers.find("Content-Range");
  const auto part = line != nullptr ? http::parse_content_range(*line) : std::nullopt;
  return part ? part->total : std::nullopt;
}

}  // namespace

Result<OpenedBlob> RepositoryImpl::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) {
  const auto attempted = fmt::format("get blob {} of {}", blob.digest.text(), name_.text());
  if (range && range->end > blob.size) {
    return Error(ErrorCode::invalid_input, fmt::format("{}: bytes {} to {} of {} were asked for", attempted,
                                                       range->begin, range->end, blob.size));
  }
  if (range && range->empty()) return OpenedBlob{std::make_unique<StringSource>(""), range->begin};
  DRAY_TRY_ASSIGN(auto remembered, open_remembered(blob, range, attempted, stop));
  if (remembered) {
    if (auto* const opened = std::get_if<OpenedBlob>(&*remembered)) return std::move(*opened);
  }
  DRAY_TRY_ASSIGN(auto answer, open_through_registry(blob, range, attempted, stop));
  if (auto* const opened = std::get_if<OpenedBlob>(&answer)) return std::move(*opened);
  const auto& why = std::get<UselessRange>(answer).why;
  tell(fmt::format("{}: {}; the whole blob is asked for instead", attempted, why));
  DRAY_TRY_ASSIGN(auto whole, open_through_registry(blob, std::nullopt, attempted, stop));
  if (auto* const opened = std::get_if<OpenedBlob>(&whole)) return std::move(*opened);
  return Error(ErrorCode::protocol, attempted + ": " + std::get<UselessRange>(whole).why);
}

/// Goes where the last redirect of this blob led; nullopt where that is nowhere, or does not work any more.
Result<std::optional<BlobAnswer>> RepositoryImpl::open_remembered(const Descriptor& blob,
                                                                  const std::optional<ByteRange>& range,
                                                                  const std::string& attempted,
                                                                  const std::stop_token& stop) {
  const auto link = links_.find(blob.digest);
  if (!link) return std::optional<BlobAnswer>();
  ApiCall request;
  request.path = link->text();
  request.everywhere = blob_headers(range);
  auto sent = send(request, attempted, stop);
  if (!sent || sent.value()->head().status >= 400) links_.forget(blob.digest, *link);
  DRAY_TRY_ASSIGN(auto answer, std::move(sent));
  const auto status = answer->head().status;
  if (is_stale_link(status)) {
    tell(fmt::format("{}: {} answered {}, the registry is asked for a new link", attempted, link->origin().text(),
                     status));
    http::discard(std::move(answer));
    return std::optional<BlobAnswer>();
  }
  DRAY_TRY_ASSIGN(auto opened, read_blob_answer(std::move(answer), blob, range, attempted));
  return std::optional(std::move(opened));
}

Result<BlobAnswer> RepositoryImpl::open_through_registry(const Descriptor& blob, const std::optional<ByteRange>& range,
                                                         const std::string& attempted, const std::stop_token& stop) {
  auto request = call(http::Method::get, "blobs/" + blob.digest.text(), {pull_scope(name_.path())});
  request.everywhere = blob_headers(range);
  DRAY_TRY_ASSIGN(auto answer, send(request, attempted, stop));
  DRAY_TRY_ASSIGN(const auto base, client_->base_url(name_.registry()));
  const auto& head = answer->head();
  const bool elsewhere = head.url.origin() != base.origin();
  if (elsewhere && (head.status == 200 || head.status == 206)) links_.remember(blob.digest, head.url);
  return read_blob_answer(std::move(answer), blob, range, attempted);
}

Result<OpenedBlob> RepositoryImpl::open_url(const Descriptor& blob, const std::string& url,
                                            const std::optional<ByteRange>& range, const std::stop_token& stop) {
  const auto parsed = http::Url::parse(url);
  if (!parsed) {
    return Error(ErrorCode::denied,
                 fmt::format("get blob {} from its url: {}", blob.digest.text(), parsed.error().message()));
  }
  const auto attempted = fmt::format("get blob {} from {}", blob.digest.text(), parsed->printable().text());
  if (range && range->empty()) return OpenedBlob{std::make_unique<StringSource>(""), range->begin};
  for (const auto& wanted : {range, std::optional<ByteRange>()}) {
    auto answer = client_->get_foreign(name_.registry(), *parsed, blob_headers(wanted), stop);
    if (!answer) return std::move(answer).error().context(attempted);
    DRAY_TRY_ASSIGN(auto opened, read_blob_answer(std::move(answer).value(), blob, wanted, attempted));
    if (auto* const bytes = std::get_if<OpenedBlob>(&opened)) return std::move(*bytes);
    tell(fmt::format("{}: {}; the whole blob is asked for instead", attempted, std::get<UselessRange>(opened).why));
  }
  return Error(ErrorCode::protocol, attempted + ": its parts and its whole are refused");
}

/// HEAD, and where that is not understood, a GET of the first byte.
Result<RepositoryImpl::Answer> RepositoryImpl::probe_blob(const Digest& digest, const std::vector<Scope>& scopes,
                                                          bool follow, const std::string& attempted,
                                                          const std::stop_token& stop) {
  auto request = call(http::Method::head, "blobs/" + digest.text(), scopes);
  request.follow = follow;
  request.everywhere = blob_headers(std::nullopt);
  DRAY_TRY_ASSIGN(auto answer, send(request, attempted, stop));
  DRAY_TRY_ASSIGN(const auto base, client_->base_url(name_.registry()));
  const auto& head = answer->head();
  // A link signed for GET is no link for HEAD.
  const bool link_refused = head.url.origin() != base.origin() && is_stale_link(head.status);
  if (!is_head_refused(head.status) && !link_refused && (head.status != 200 || head.content_length())) return answer;
  http::discard(std::move(answer));
  request.method = http::Method::get;
  request.everywhere = blob_headers(first_byte);
  return send(request, attempted, stop);
}

Result<bool> RepositoryImpl::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  const auto attempted = fmt::format("look for blob {} in {}", blob.digest.text(), name_.text());
  DRAY_TRY_ASSIGN(auto answer, probe_blob(blob.digest, {push_scope(name_.path())}, false, attempted, stop));
  const auto status = answer->head().status;
  const auto size = size_of(answer->head());
  // An empty blob has no first byte, which is what 416 says.
  const bool is_there = status == 200 || status == 206 || status == 416 || is_redirect(status);
  if (is_there) http::discard(std::move(answer));
  if (status == 200 || status == 206) {
    if (!size || *size == blob.size) return true;
    return Error(ErrorCode::digest_mismatch,
                 fmt::format("{}: it has {} bytes there, its descriptor says {}", attempted, *size, blob.size));
  }
  if (is_there) return true;
  auto error = answer_error(*answer, attempted);
  if (error.code() == ErrorCode::not_found) return false;
  return error;
}

Result<std::uint64_t> RepositoryImpl::head_blob(const Digest& digest, const std::stop_token& stop) {
  const auto attempted = fmt::format("look for blob {} in {}", digest.text(), name_.text());
  DRAY_TRY_ASSIGN(auto answer, probe_blob(digest, {pull_scope(name_.path())}, true, attempted, stop));
  const auto status = answer->head().status;
  if (status != 200 && status != 206) return answer_error(*answer, attempted);
  const auto size = size_of(answer->head());
  http::discard(std::move(answer));
  if (size) return *size;
  return Error(ErrorCode::protocol, attempted + ": it is there, but its size is not told");
}

Result<BlobLocation> RepositoryImpl::locate_blob(const Digest& digest, const std::stop_token& stop) {
  const auto attempted = fmt::format("locate blob {} of {}", digest.text(), name_.text());
  // No HEAD: a link can be signed for the method that it is asked for with.
  auto request = call(http::Method::get, "blobs/" + digest.text(), {pull_scope(name_.path())});
  request.follow = false;
  request.everywhere = blob_headers(first_byte);
  DRAY_TRY_ASSIGN(auto answer, send(request, attempted, stop));
  const auto head = answer->head();
  const auto* const location = head.headers.find("Location");
  const bool is_here = head.status == 200 || head.status == 206;
  if (!is_here && (!is_redirect(head.status) || location == nullptr)) return answer_error(*answer, attempted);
  http::discard(std::move(answer));
  if (is_here) return BlobLocation{200, std::nullopt, std::nullopt, size_of(head)};
  auto url = head.url.resolve(*location);
  if (!url) return std::move(url).error().with_code(ErrorCode::protocol).context(attempted);
  auto expires = link_expiry(*url);
  return BlobLocation{head.status, *std::move(url), expires, std::nullopt};
}

Result<void> RepositoryImpl::remove_blob(const Digest& digest, const std::stop_token& stop) {
  return remove("blobs/" + digest.text(), fmt::format("remove blob {} of {}", digest.text(), name_.text()), stop);
}

}  // namespace dray::client
