#include <dray/store/verify.hpp>

#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/content.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace dray {
namespace {

Error wrong_size(const Descriptor& expected, const std::string& what_came) {
  return {ErrorCode::digest_mismatch,
          expected.digest.text() + ": " + std::to_string(expected.size) + " bytes were expected, " + what_came};
}

Result<void> check(const Digest& found, const Descriptor& expected) {
  if (found == expected.digest) return {};
  return Error(ErrorCode::digest_mismatch, expected.digest.text() + ": the bytes have the digest " + found.text());
}

class VerifyingSource final : public ByteSource {
 public:
  VerifyingSource(std::unique_ptr<ByteSource> inner, const Descriptor& expected)
      : inner_(std::move(inner)), expected_(expected), digester_(expected.digest.algorithm()) {}

  Result<std::size_t> read(ByteSpan into) override {
    if (failure_) return *failure_;
    auto count = ended_ || into.empty() ? Result<std::size_t>(std::size_t{0}) : read_checked(into);
    if (!count) failure_ = count.error();
    return count;
  }

 private:
  Result<std::size_t> read_checked(ByteSpan into) {
    const auto left = expected_.size - seen_;
    const auto wanted = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
    std::size_t count = 0;
    if (!wanted.empty()) {
      DRAY_TRY_ASSIGN(count, inner_->read(wanted));
      if (count == 0) return wrong_size(expected_, "only " + std::to_string(seen_) + " came");
    }
    digester_.update(wanted.first(count));
    seen_ += count;
    if (seen_ == expected_.size) DRAY_TRY(check_end());
    return count;
  }

  Result<void> check_end() {
    std::array<std::byte, 1> more{};
    DRAY_TRY_ASSIGN(const auto count, inner_->read(more));
    if (count != 0) return wrong_size(expected_, "more came");
    ended_ = true;
    return check(digester_.finish(), expected_);
  }

  std::unique_ptr<ByteSource> inner_;
  Descriptor expected_;
  Digester digester_;
  std::uint64_t seen_ = 0;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<ByteSource> verify(std::unique_ptr<ByteSource> inner, const Descriptor& expected) {
  return std::make_unique<VerifyingSource>(std::move(inner), expected);
}

Result<void> verify(ByteView bytes, const Descriptor& expected) {
  if (bytes.size() != expected.size) return wrong_size(expected, std::to_string(bytes.size()) + " came");
  if (expected.digest.algorithm() == DigestAlgorithm::sha256) return check(Digest::of(bytes), expected);
  Digester digester(expected.digest.algorithm());
  digester.update(bytes);
  return check(digester.finish(), expected);
}

Result<void> check_manifest(const RawManifest& manifest) {
  if (manifest.bytes.size() > limits::max_manifest_bytes) {
    return Error(ErrorCode::limit_exceeded, "manifest " + manifest.descriptor.digest.text() + " is larger than " +
                                                std::to_string(limits::max_manifest_bytes) + " bytes");
  }
  return verify(as_bytes(manifest.bytes), manifest.descriptor).transform_error([](Error error) {
    return std::move(error).context("manifest");
  });
}

Result<std::string> read_blob(ContentSource& source, const Descriptor& blob, std::uint64_t limit,
                              const std::stop_token& stop) {
  if (blob.size > limit) {
    return Error(ErrorCode::limit_exceeded, "blob " + blob.digest.text() + " has " + std::to_string(blob.size) +
                                                " bytes, at most " + std::to_string(limit) + " are read");
  }
  if (blob.data) {
    DRAY_TRY(verify(as_bytes(*blob.data), blob));
    return *blob.data;
  }
  DRAY_TRY_ASSIGN(auto opened, source.open_blob(blob, {}, stop));
  const auto verified = verify(std::move(opened.bytes), blob);
  return read_all(*verified, blob.size).transform_error([&](Error error) {
    return std::move(error).context("blob of " + source.describe());
  });
}

}  // namespace dray
