#include "spool.hpp"

#include <memory>
#include <utility>

namespace dray::ops {

Result<Spool> Spool::open() {
  DRAY_TRY_ASSIGN(auto file, open_temporary_file());
  return Spool(std::move(file));
}

Result<void> Spool::write(ByteView bytes) {
  auto written = write_at(file_, size_, bytes);
  if (!written) return std::move(written).error().context("temporary file (TMPDIR)");
  digester_.update(bytes);
  size_ += bytes.size();
  return {};
}

BlobOpener Spool::opener() const {
  return [this]() -> Result<std::unique_ptr<ByteSource>> {
    DRAY_TRY_ASSIGN(auto again, duplicate(file_));
    return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(again), ByteRange{0, size_}));
  };
}

}  // namespace dray::ops
