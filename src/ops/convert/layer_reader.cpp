#include "layer_reader.hpp"

#include <algorithm>
#include <dray/format/compression.hpp>
#include <dray/store/verify.hpp>
#include <utility>

#include "../transfer/blob_stream.hpp"

namespace dray::ops {

class LayerReader::Rejoined final : public ByteSource {
 public:
  explicit Rejoined(LayerReader& reader) : reader_(reader) {}
  Result<std::size_t> read(ByteSpan into) override {
    if (at_ == reader_.have_) return reader_.rest_->read(into);
    const auto count = std::min(into.size(), reader_.have_ - at_);
    std::copy_n(reader_.first_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

 private:
  LayerReader& reader_;
  std::size_t at_ = 0;
};

LayerReader::LayerReader(ContentSource& source, const Descriptor& layer, TransferServices& services,
                         const std::stop_token& stop)
    : progress_(layer, services), fetcher_(source, layer, services) {
  std::unique_ptr<ByteSource> stored;
  if (layer.data) {
    stored = std::make_unique<StringSource>(*layer.data);
  } else {
    auto tell = [this](std::uint64_t position) { progress_.set(position); };
    stored = std::make_unique<ResumingSource>(fetcher_, services, std::move(tell), stop);
  }
  rest_ = verify(std::move(stored), layer);
}

Result<Compression> LayerReader::look() {
  DRAY_TRY_ASSIGN(have_, fill(*rest_, first_));
  return detect_compression(ByteView(first_).first(have_));
}

std::unique_ptr<ByteSource> LayerReader::bytes() { return std::make_unique<Rejoined>(*this); }

Result<std::size_t> fill(ByteSource& source, ByteSpan into) {
  std::size_t have = 0;
  while (have < into.size()) {
    DRAY_TRY_ASSIGN(const auto count, source.read(into.subspan(have)));
    if (count == 0) break;
    have += count;
  }
  return have;
}

}  // namespace dray::ops
