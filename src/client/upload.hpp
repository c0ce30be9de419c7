#pragma once

#include <dray/client/registry_client.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::client {

/// How a blob's bytes travel.
enum class UploadWay : std::uint8_t {
  monolithic,  ///< One PUT with the bytes and the digest.
  streamed,    ///< One PATCH with the bytes, then an empty PUT with the digest.
};

/// One upload session of a registry. It is cancelled (`DELETE`) when it ends before the blob is stored.
/// Source: distribution-spec 1.1, "Pushing blobs".
class Upload {
 public:
  Upload(RegistryClient& client, const RepositoryName& repository, std::string attempted)
      : client_(client), repository_(repository), attempted_(std::move(attempted)) {}
  ~Upload() { cancel(); }
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  /// Begins a session. With `mount` and `from` it asks for a mount: true when the blob is there already.
  [[nodiscard]] Result<bool> begin(const std::optional<Digest>& mount, const std::string& from,
                                   const std::stop_token& stop);
  /// Sends the blob; the bytes are verified while they pass. A failure of theirs comes back as it is.
  [[nodiscard]] Result<void> send(const Descriptor& blob, const BlobOpener& open, UploadWay way,
                                  const std::stop_token& stop);
  /// The blob's own bytes were the trouble.
  [[nodiscard]] bool source_failed() const noexcept { return source_failure_->has_value(); }

 private:
  using Answer = std::unique_ptr<http::Exchange>;

  [[nodiscard]] ApiCall call(http::Method method, std::string path) const;
  [[nodiscard]] http::Body body_of(const Descriptor& blob, const BlobOpener& open) const;
  [[nodiscard]] Result<Answer> exchange(const ApiCall& call, const std::stop_token& stop);
  [[nodiscard]] Result<void> take_location(const http::ResponseHead& head);
  [[nodiscard]] Result<void> send_bytes(const Descriptor& blob, const BlobOpener& open, UploadWay way,
                                        const std::stop_token& stop);
  [[nodiscard]] Result<void> patch(const Descriptor& blob, const BlobOpener& open, const std::stop_token& stop);
  [[nodiscard]] Result<void> close(const Descriptor& blob, std::optional<http::Body> body, const std::stop_token& stop);
  void cancel();

  RegistryClient& client_;
  const RepositoryName& repository_;
  std::string attempted_;
  std::stop_token stop_;  ///< Of the last step: who was stopped does not wait for a cancellation either.
  std::vector<Scope> scopes_;
  std::optional<http::Url> location_;  ///< Of a session that is still open.
  /// What was wrong with the blob's own bytes: never a reason to try again.
  std::shared_ptr<std::optional<Error>> source_failure_ = std::make_shared<std::optional<Error>>();
};

}  // namespace dray::client
