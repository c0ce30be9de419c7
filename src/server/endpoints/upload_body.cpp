#include "upload_body.hpp"

#include <fmt/format.h>

#include "../api_error.hpp"

namespace dray::server {
namespace {

class UploadTaker final : public BodyTaker {
 public:
  UploadTaker(Services& services, UploadPlan plan) : services_(services), plan_(std::move(plan)) {}

  [[nodiscard]] Result<void> write(ByteView bytes) override {
    DRAY_TRY(open());
    if (plan_.range && upload_->offset() + bytes.size() > plan_.range->last + 1) {
      return Error(ErrorCode::invalid_input, "the chunk is longer than its Content-Range says");
    }
    return upload_->write(bytes);
  }

  [[nodiscard]] Response finish() override {
    if (const auto opened = open(); !opened) return refuse(opened.error());
    if (plan_.range && upload_->offset() != plan_.range->last + 1) {
      return out_of_order("the chunk is shorter than its Content-Range says");
    }
    return plan_.commit ? commit() : park();
  }

  [[nodiscard]] Response refuse(const Error& error) override {
    if (out_of_order_) return out_of_order(error.message());
    return refusal(error, ApiCode::blob_upload_unknown, ApiCode::blob_upload_invalid);
  }

 private:
  /// The storage is touched first here, on a worker.
  Result<void> open() {
    if (upload_) return {};
    auto& storage = *services_.storage;
    DRAY_TRY_ASSIGN(upload_, plan_.id.empty() ? storage.begin_upload(plan_.repository, plan_.user, plan_.algorithm)
                                              : storage.resume_upload(plan_.repository, plan_.id, plan_.user));
    if (plan_.range && plan_.range->first != upload_->offset()) {
      out_of_order_ = true;
      return Error(ErrorCode::invalid_input,
                   fmt::format("the chunk begins at {}, but {} bytes are here", plan_.range->first, upload_->offset()));
    }
    return {};
  }

  Response out_of_order(std::string_view why) {
    auto response = refusal_with_status(416, ApiCode::blob_upload_invalid, why);
    add_upload_headers(response, plan_.repository, upload_->id(), upload_->offset());
    return response;
  }

  Response park() {
    if (const auto parked = upload_->park(); !parked) return refuse(parked.error());
    Response response;
    response.status = 202;
    add_upload_headers(response, plan_.repository, upload_->id(), upload_->offset());
    if (services_.options.chunk_min_bytes > 0) {
      response.headers.add("OCI-Chunk-Min-Length", std::to_string(services_.options.chunk_min_bytes));
    }
    return response;
  }

  Response commit() {
    const auto done = upload_->commit(*plan_.commit);
    if (done) return blob_created(plan_.repository, *plan_.commit);
    if (done.error().code() != ErrorCode::digest_mismatch) return refuse(done.error());
    auto response = refusal(ApiCode::digest_invalid, done.error().message());
    add_upload_headers(response, plan_.repository, upload_->id(), upload_->offset());
    return response;
  }

  Services& services_;
  UploadPlan plan_;
  std::unique_ptr<BlobUpload> upload_;
  bool out_of_order_ = false;
};

}  // namespace

Handled take_upload(Services& services, UploadPlan plan) {
  if (plan.range && plan.size && plan.range->last - plan.range->first + 1 != *plan.size) {
    return refusal(ApiCode::size_invalid, "Content-Range and Content-Length do not say the same");
  }
  return std::make_unique<UploadTaker>(services, std::move(plan));
}

void add_upload_headers(Response& response, const std::string& repository, const std::string& id,
                        std::uint64_t offset) {
  response.headers.add("Location", "/v2/" + repository + "/blobs/uploads/" + id);
  // `0-0` for an empty upload too: the header has no other way to say it.
  response.headers.add("Range", "0-" + std::to_string(offset == 0 ? 0 : offset - 1));
  response.headers.add("Docker-Upload-UUID", id);
}

Response blob_created(const std::string& repository, const Digest& digest) {
  Response response;
  response.status = 201;
  response.headers.add("Location", "/v2/" + repository + "/blobs/" + digest.text());
  response.headers.add("Docker-Content-Digest", digest.text());
  return response;
}

}  // namespace dray::server
