#pragma once

#include <dray/base/bytes.hpp>
#include <dray/base/result.hpp>
#include <memory>
#include <string>

namespace dray {

/// Bytes to be had one after another. Used by one thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills the front of `into` and says how many bytes; 0 only at the end (or for an empty `into`).
  /// After an error the source is spent.
  [[nodiscard]] virtual Result<std::size_t> read(ByteSpan into) = 0;
  /// Drops at most `bytes` bytes without reading them and says how many: none at the end, and where it cannot.
  [[nodiscard]] virtual Result<std::uint64_t> skip(std::uint64_t /*bytes*/) { return std::uint64_t{0}; }
};

/// Takes bytes one after another. Used by one thread at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Takes all of `bytes` or fails.
  [[nodiscard]] virtual Result<void> write(ByteView bytes) = 0;
  /// Says that no more comes; called once, after the last write.
  [[nodiscard]] virtual Result<void> finish() { return {}; }
};

/// The bytes of a string that it owns.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// Appends to a string that it owns.
class StringSink final : public ByteSink {
 public:
  [[nodiscard]] Result<void> write(ByteView bytes) override;
  [[nodiscard]] const std::string& text() const& noexcept { return text_; }
  [[nodiscard]] std::string text() && noexcept { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads to the end into memory. More than `limit` bytes is `limit_exceeded`; memory never passes the limit.
[[nodiscard]] Result<std::string> read_all(ByteSource& source, std::uint64_t limit);

/// Fills `into` to its end. A source that ends sooner is `unavailable` ("ended early").
[[nodiscard]] Result<void> read_exactly(ByteSource& source, ByteSpan into);

/// Moves every byte from `source` to `sink` through a 256 KiB buffer and says how many; does not call `finish`.
[[nodiscard]] Result<std::uint64_t> pump(ByteSource& source, ByteSink& sink);

}  // namespace dray
