#pragma once

#include <condition_variable>
#include <dray/base/stream.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace dray::ops {

/// Reads a source in a thread of its own, a few buffers ahead of who reads here: what the source does (receive,
/// inflate, hash) goes on while that one works. The thread ends with this, after the read that it is in.
class ReadAhead final : public ByteSource {
 public:
  explicit ReadAhead(std::unique_ptr<ByteSource> inner);
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override;

 private:
  struct Buffer {
    std::vector<std::byte> bytes;
    std::size_t filled = 0;
  };
  void fill();

  std::unique_ptr<ByteSource> inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Buffer> free_;  // under mutex_, as all below
  std::vector<Buffer> full_;  // the first to be read at the front
  std::optional<Error> error_;
  bool ended_ = false;
  bool stopped_ = false;
  Buffer current_;  // of who reads
  std::size_t at_ = 0;
  std::thread thread_;
};

}  // namespace dray::ops
