#include "upload.hpp"

#include <fmt/format.h>
#include <dray/http/response.hpp>
#include <dray/store/verify.hpp>

namespace dray::client {
namespace {

/// A token that is about to expire would be refused behind all the bytes.
constexpr std::chrono::seconds token_life_for_a_body{55};

constexpr std::string_view octets = "application/octet-stream";

using SourceFailure = std::shared_ptr<std::optional<Error>>;

/// Keeps a failure of the bytes apart from one of the wire, which would be tried again.
Error remember(const SourceFailure& failure, Error error) {
  *failure = std::move(error);
  return {ErrorCode::invalid_input, "the blob's bytes could not be read"};
}

class UploadSource final : public ByteSource {
 public:
  UploadSource(std::unique_ptr<ByteSource> inner, SourceFailure failure)
      : inner_(std::move(inner)), failure_(std::move(failure)) {}
  Result<std::size_t> read(ByteSpan into) override {
    auto count = inner_->read(into);
    if (!count) return remember(failure_, std::move(count).error());
    return count;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  SourceFailure failure_;
};

/// A body of no bytes is never read, so whether the blob is truly empty is looked at before.
Result<void> check_empty(const Descriptor& blob, const BlobOpener& open) {
  DRAY_TRY_ASSIGN(auto bytes, open());
  return read_all(*verify(std::move(bytes), blob), 0).transform([](const std::string&) {});
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

http::Body Upload::body_of(const Descriptor& blob, const BlobOpener& open) const {
  return {blob.size, [blob, open, failure = source_failure_]() -> Result<std::unique_ptr<ByteSource>> {
            auto bytes = open();
            if (!bytes) return remember(failure, std::move(bytes).error());
            return std::make_unique<UploadSource>(verify(std::move(bytes).value(), blob), failure);
          }};
}

Result<Upload::Answer> Upload::exchange(const ApiCall& call, const std::stop_token& stop) {
  stop_ = stop;
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
  if (mount && status == 201) {
    http::discard(std::move(answer));
    return true;
  }
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
  if (blob.size == 0) DRAY_TRY(check_empty(blob, open));
  auto sent = send_bytes(blob, open, way, stop);
  if (!sent && *source_failure_) return **source_failure_;
  return sent;
}

Result<void> Upload::send_bytes(const Descriptor& blob, const BlobOpener& open, UploadWay way,
                                const std::stop_token& stop) {
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

/// Frees what the registry holds for a session that came to nothing. Whether that works is the registry's affair: it
/// throws old sessions away by itself.
void Upload::cancel() {
  if (!location_) return;
  auto answer = client_.send(repository_.registry(), call(http::Method::del, location_->text()), stop_);
  location_.reset();
  if (answer) return http::discard(std::move(answer).value());
  client_.observer().on(Observer::Note{attempted_ + ": the open upload could not be cancelled"});
}

}  // namespace dray::client
