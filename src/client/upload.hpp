#pragma once

#include <dray/client/registry_client.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/store/content.hpp>
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
  /// Sends the blob; the bytes are verified while they pass.
  [[nodiscard]] Result<void> send(const Descriptor& blob, const BlobOpener& open, UploadWay way,
                                  const std::stop_token& stop);

 private:
  using Answer = std::unique_ptr<http::Exchange>;

  [[nodiscard]] ApiCall call(http::Method method, std::string path) const;
  [[nodiscard]] Result<Answer> exchange(const ApiCall& call, const std::stop_token& stop);
  [[nodiscard]] Result<void> take_location(const http::ResponseHead& head);
  [[nodiscard]] Result<void> patch(const Descriptor& blob, const BlobOpener& open, const std::stop_token& stop);
  [[nodiscard]] Result<void> close(const Descriptor& blob, std::optional<http::Body> body, const std::stop_token& stop);
  void cancel();

  RegistryClient& client_;
  const RepositoryName& repository_;
  std::string attempted_;
  std::vector<Scope> scopes_;
  std::optional<http::Url> location_;  ///< Of a session that is still open.
};

}  // namespace dray::client
