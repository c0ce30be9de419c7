#pragma once

#include <cstdint>
#include <dray/base/file.hpp>
#include <dray/base/stream.hpp>
#include <dray/core/digester.hpp>
#include <dray/store/content.hpp>

namespace dray::ops {

/// Bytes on their way to a place that must be told their digest first: kept in a file without a name in the system's
/// temporary folder (`TMPDIR`), and hashed as they come. Used by one thread.
class Spool final : public ByteSink {
 public:
  [[nodiscard]] static Result<Spool> open();

  [[nodiscard]] Result<void> write(ByteView bytes) override;

  /// The digest of all bytes; called once, after the last.
  [[nodiscard]] Digest digest() { return digester_.finish(); }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The bytes again, as often as they are wanted, as long as this spool lives.
  [[nodiscard]] BlobOpener opener() const;

 private:
  explicit Spool(FileDescriptor file) : file_(std::move(file)), digester_(DigestAlgorithm::sha256) {}

  FileDescriptor file_;
  Digester digester_;
  std::uint64_t size_ = 0;
};

}  // namespace dray::ops
