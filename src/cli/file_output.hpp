#pragma once

#include <dray/base/file.hpp>
#include <dray/base/stream.hpp>
#include <filesystem>
#include <string>

namespace dray::cli {

/// A file that a command writes as a whole: the bytes go beside it, and take its name with `commit`. Destroyed before
/// that, they go.
class FileOutput final : public ByteSink {
 public:
  [[nodiscard]] static Result<FileOutput> open(const std::filesystem::path& file);
  ~FileOutput() override;
  FileOutput(FileOutput&&) noexcept = default;
  FileOutput& operator=(FileOutput&&) = delete;

  [[nodiscard]] Result<void> write(ByteView bytes) override;
  [[nodiscard]] Result<void> commit();

 private:
  FileOutput(Directory folder, std::string name, FileDescriptor file)
      : folder_(std::move(folder)), name_(std::move(name)), file_(std::move(file)) {}

  Directory folder_;
  std::string name_;
  FileDescriptor file_;
  std::uint64_t at_ = 0;
};

}  // namespace dray::cli
