#include <fmt/format.h>

#include "repository_impl.hpp"
#include "upload.hpp"

namespace dray::client {
namespace {

/// The registry does not take the bytes in this way, but may in another.
bool wants_other_way(const Error& error) {
  const auto status = error.peer_status();
  return error.code() == ErrorCode::unsupported || status == 404 || status == 405;
}

/// A session that broke or was forgotten: a new one can help.
bool may_begin_anew(const Error& error) {
  switch (error.code()) {
    case ErrorCode::unavailable:
    case ErrorCode::timed_out:
    case ErrorCode::conflict:
      return true;
    default:
      break;
  }
  const auto status = error.peer_status();
  return status == 404 || status == 405 || status == 416 || error.code() == ErrorCode::unsupported;
}

}  // namespace

Result<void> RepositoryImpl::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  const auto attempted = fmt::format("put blob {} to {}", expected.digest.text(), name_.text());
  auto way = UploadWay::monolithic;
  for (int tries = 1;; ++tries) {
    Upload upload(*client_, name_, attempted);
    DRAY_TRY(upload.begin(std::nullopt, "", stop));
    auto sent = upload.send(expected, open, way, stop);
    if (sent || tries == 2 || upload.source_failed() || stop.stop_requested()) return sent;
    if (!may_begin_anew(sent.error())) return sent;
    if (wants_other_way(sent.error())) way = UploadWay::streamed;
    tell(fmt::format("{}; the upload begins anew", sent.error().message()));
  }
}

Result<bool> RepositoryImpl::mount_blob(const Descriptor& blob, const RepositoryOrigin& from,
                                        const std::stop_token& stop) {
  if (from.registry != name_.registry().text()) return false;
  Upload upload(*client_, name_,
                fmt::format("mount blob {} from {} in {}", blob.digest.text(), from.repository, name_.text()));
  auto mounted = upload.begin(blob.digest, from.repository, stop);
  if (mounted) return mounted;
  switch (mounted.error().code()) {
    case ErrorCode::cancelled:
    case ErrorCode::rate_limited:
    case ErrorCode::unavailable:
    case ErrorCode::timed_out:
      return mounted;
    default:
      break;
  }
  // Whatever it dislikes about a mount, the bytes can still be sent.
  tell(mounted.error().message() + "; its bytes are sent instead");
  return false;
}

}  // namespace dray::client
