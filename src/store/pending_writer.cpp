#include "pending_archive.hpp"

namespace dray {

PendingArchive::Writer::~Writer() {
  if (done_) return;
  if (region_.bytes->is_empty() || !is_journaled(region_.blob)) {
    discard();
    return;
  }
  region_.bytes->log_rest();
  region_.on_disk = region_.blob.size;
  region_.bytes.reset();
  archive_->let_go(region_, State::idle);
}

Error PendingArchive::Writer::in_context(Error error) const {
  return std::move(error).context("blob " + region_.blob.digest.text() + " (" + std::to_string(region_.blob.size) +
                                  " bytes) into the archive");
}

Result<void> PendingArchive::Writer::write(std::uint64_t offset, ByteView bytes) {
  return region_.bytes->write(offset, bytes).transform_error([this](Error error) {
    return in_context(std::move(error));
  });
}

Result<void> PendingArchive::Writer::commit(const std::stop_token& stop) {
  auto done = region_.bytes->check(stop);
  if (done) {
    // What is verified is sought in the journal when this process dies before the archive is whole.
    if (is_journaled(region_.blob)) region_.bytes->log_rest();
    region_.bytes.reset();
    done_ = true;
    archive_->let_go(region_, State::ready);
    return {};
  }
  auto error = in_context(std::move(done).error());
  if (error.code() == ErrorCode::digest_mismatch) discard();
  return error;
}

void PendingArchive::Writer::discard() noexcept {
  if (done_) return;
  done_ = true;
  region_.bytes->forget();
  region_.bytes.reset();
  region_.on_disk = 0;
  archive_->let_go(region_, State::idle);
}

}  // namespace dray
