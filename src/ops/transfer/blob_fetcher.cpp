#include "blob_fetcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>

#include "../naming.hpp"

namespace dray::ops {

Result<OpenedBlob> BlobFetcher::open(const std::optional<ByteRange>& range, const std::stop_token& stop) {
  const int place = place_;
  if (place != at_source) {
    return services_.url_opener->open_url(blob_, blob_.urls[static_cast<std::size_t>(place)], range, stop);
  }
  auto opened = source_.open_blob(blob_, range, stop);
  if (opened || opened.error().code() != ErrorCode::not_found || blob_.urls.empty()) return opened;
  return open_urls(opened.error(), range, stop);
}

std::optional<FileDescriptor> BlobFetcher::file(const std::stop_token& stop) {
  auto* holder = dynamic_cast<HoldsFiles*>(&source_);
  return holder != nullptr ? holder->blob_file(blob_, stop) : std::nullopt;
}

PlannedBlob::From BlobFetcher::from() const noexcept {
  return place_ == at_source ? PlannedBlob::From::source : PlannedBlob::From::urls;
}

Result<OpenedBlob> BlobFetcher::open_urls(const Error& source_error, const std::optional<ByteRange>& range,
                                          const std::stop_token& stop) {
  auto* opener = services_.url_opener;
  if (opener == nullptr) {
    return Error(source_error)
        .context(fmt::format("the foreign layer is not in {}, and only a copy from or to a registry follows the URLs "
                             "of its manifest ({}){}",
                             source_.describe(), printable_url(blob_.urls.front()),
                             blob_.media_type.is_foreign() ? "; to leave it there: --foreign keep" : ""));
  }
  std::string tried;
  auto code = ErrorCode::not_found;
  const auto count = std::min(blob_.urls.size(), limits::max_descriptor_urls);
  for (std::size_t i = 0; i < count; ++i) {
    const auto where = printable_url(blob_.urls[i]);
    services_.observer.on(Observer::Decided{
        fmt::format("{} is not in {}; trying {} from its manifest", blob_.digest.text(), source_.describe(), where)});
    auto opened = opener->open_url(blob_, blob_.urls[i], range, stop);
    if (opened) {
      place_ = static_cast<int>(i);
      return opened;
    }
    if (opened.error().code() == ErrorCode::cancelled) return opened;
    if (code == ErrorCode::not_found) code = opened.error().code();
    tried += fmt::format("; {}: {}", where, opened.error().message());
  }
  return Error(code, fmt::format("the foreign layer is neither in {} nor behind the URLs of its manifest{}",
                                 source_.describe(), tried));
}

}  // namespace dray::ops
