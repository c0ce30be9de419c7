#include "upload.hpp"

#include <fmt/format.h>
#include <dray/http/response.hpp>
#include <dray/store/verify.hpp>

namespace dray::client {
namespace {

/// A token that is about to expire would be refused behind all the bytes.
constexpr std::chrono::seconds token_life_for_a_body{55};

constexpr std::string_view octets = "application/octet-stream";

http::Body body_of(const Descriptor& blob, const BlobOpener& open) {
  return {blob.size, [blob, open]() -> Result<std::unique_ptr<ByteSource>> {
            DRAY_TRY_ASSIGN(auto bytes, open());
            return verify(std::move(bytes), blob);
          }};
}

bool is_done(int status) { return status == 201 || status == 204 || status == 202 || status == 200; }

}  // namespace

ApiCall Upload::call(http::Method method, std::string path) const {
  ApiCall call;
  call.method = method;
  call.path = std::move(path);
  call.scopes = scopes_;
  return call;
}

Result<Upload::Answer> Upload::exchange(const ApiCall& call, const std::stop_token& stop) {
  auto answer = client_.send(repository_.registry(), call, stop);
  if (!answer) return std::move(answer).error().context(attempted_);
  return answer;
}

Result<bool> Upload::begin(const std::optional<Digest>& mount, const std::string& from, const std::stop_token& stop) {
  scopes_ = {push_scope(repository_.path())};
  auto path = fmt::format("/v2/{}/blobs/uploads/", repository_.path());
  if (mount) {
    scopes_.push_back(pull_scope(from));
    path += fmt::format("?mount={}&from={}", http::percent_encode(mount->text_view()), http::percent_encode(from));
  }
  auto request = call(http::Method::post, std::move(path));
  request.body = http::text_body("");
  request.may_repeat = true;  // a session that nobody uses does no harm
  DRAY_TRY_ASSIGN(auto answer, exchange(request, stop));
  const auto status = answer->head().status;
  if (mount && status == 201) return true;
  if (status != 202) return answer_error(*answer, attempted_);
  DRAY_TRY(take_location(answer->head()));
  http::discard(std::move(answer));
  if (!location_) return Error(ErrorCode::protocol, attempted_ + ": the upload has no location");
  return false;
}

/// Each answer may move the session.
Result<void> Upload::take_location(const http::ResponseHead& head) {
  const auto* const line = head.headers.find("Location");
  if (line == nullptr) return {};
  auto url = head.url.resolve(*line);
  if (!url)
    return std::move(url).error().with_code(ErrorCode::protocol).context(attempted_ + ": the upload's location");
  location_ = *std::move(url);
  return {};
}

Result<void> Upload::send(const Descriptor& blob, const BlobOpener& open, UploadWay way, const std::stop_token& stop) {
  if (way == UploadWay::monolithic) return close(blob, body_of(blob, open), stop);
  DRAY_TRY(patch(blob, open, stop));
  return close(blob, http::text_body(""), stop);
}

Result<void> Upload::patch(const Descriptor& blob, const BlobOpener& open, const std::stop_token& stop) {
  auto request = call(http::Method::patch, location_->text());
  request.everywhere.add("Content-Type", std::string(octets));
  request.body = body_of(blob, open);
  request.token_life = token_life_for_a_body;
  DRAY_TRY_ASSIGN(auto answer, exchange(request, stop));
  if (!is_done(answer->head().status)) return answer_error(*answer, attempted_);
  DRAY_TRY(take_location(answer->head()));
  http::discard(std::move(answer));
  return {};
}

Result<void> Upload::close(const Descriptor& blob, std::optional<http::Body> body, const std::stop_token& stop) {
  auto request = call(http::Method::put, location_->with_query("digest", blob.digest.text_view()).text());
  request.everywhere.add("Content-Type", std::string(octets));
  request.body = std::move(body);
  request.token_life = token_life_for_a_body;
  DRAY_TRY_ASSIGN(auto answer, exchange(request, stop));
  const auto& head = answer->head();
  if (!is_done(head.status)) return answer_error(*answer, attempted_);
  location_.reset();
  const auto* const line = head.headers.find("Docker-Content-Digest");
  const auto stored = line != nullptr ? Digest::parse(*line) : Result<Digest>(blob.digest);
  http::discard(std::move(answer));
  if (!stored || stored->algorithm() != blob.digest.algorithm() || *stored == blob.digest) return {};
  return Error(ErrorCode::digest_mismatch,
               fmt::format("{}: the registry says that it stored {}", attempted_, stored->text()));
}

/// Frees what the registry holds for a session that came to nothing. Whether that works is its own affair, and it is
/// tried even when the upload was stopped: it is one short request, bounded by its deadlines.
void Upload::cancel() {
  if (!location_) return;
  const auto answer = client_.send(repository_.registry(), call(http::Method::del, location_->text()), {});
  location_.reset();
  if (!answer) client_.observer().on(Observer::Note{attempted_ + ": the open upload could not be cancelled"});
}

}  // namespace dray::client
