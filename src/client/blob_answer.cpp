#include "blob_answer.hpp"

#include <fmt/format.h>
#include <dray/client/registry_client.hpp>
#include <dray/http/content_range.hpp>

#include <algorithm>
#include <array>

#include "peer_words.hpp"

namespace dray::client {
namespace {

class Exactly final : public ByteSource {
 public:
  Exactly(std::unique_ptr<ByteSource> inner, std::uint64_t size, std::string attempted)
      : inner_(std::move(inner)), left_(size), size_(size), attempted_(std::move(attempted)) {}

  Result<std::size_t> read(ByteSpan into) override {
    if (into.empty()) return std::size_t{0};
    if (left_ == 0) return read_end();
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    auto count = inner_->read(into.first(room));
    if (!count) return std::move(count).error().context(attempted_);
    if (*count == 0) {
      return Error(ErrorCode::unavailable, fmt::format("{}: ended {} bytes before its {}", attempted_, left_, size_));
    }
    left_ -= *count;
    return *count;
  }

 private:
  /// Reads the end too, which gives the connection back.
  Result<std::size_t> read_end() {
    std::array<std::byte, 1> extra{};
    auto count = inner_->read(extra);
    if (!count) return std::move(count).error().context(attempted_);
    if (*count == 0) return std::size_t{0};
    return Error(ErrorCode::digest_mismatch, fmt::format("{}: more than its {} bytes came", attempted_, size_));
  }

  std::unique_ptr<ByteSource> inner_;
  std::uint64_t left_;
  std::uint64_t size_;
  std::string attempted_;
};

Error wrong_size(const std::string& attempted, std::uint64_t expected, std::uint64_t got) {
  return {ErrorCode::digest_mismatch,
          fmt::format("{}: it has {} bytes by its descriptor, the answer says {}", attempted, expected, got)};
}

Result<void> check_encoding(const http::ResponseHead& head, const std::string& attempted) {
  for (const auto line : head.headers.all("Content-Encoding")) {
    if (line.empty() || line == "identity") continue;
    return Error(ErrorCode::protocol,
                 fmt::format("{}: {} sends it in the encoding \"{}\", which was not asked for and hides the bytes that "
                             "the digest is of",
                             attempted, head.url.origin().text(), clean_words(line)));
  }
  return {};
}

Result<BlobAnswer> read_whole(std::unique_ptr<http::Exchange> answer, const Descriptor& blob,
                              const std::string& attempted) {
  const auto length = answer->head().content_length();
  if (length && *length != blob.size) return wrong_size(attempted, blob.size, *length);
  return BlobAnswer(OpenedBlob{exactly(std::move(answer), blob.size, attempted), 0});
}

Result<BlobAnswer> read_part(std::unique_ptr<http::Exchange> answer, const Descriptor& blob, const ByteRange& range,
                             const std::string& attempted) {
  const auto* const line = answer->head().headers.find("Content-Range");
  const auto part = line != nullptr ? http::parse_content_range(*line) : std::nullopt;
  if (!part) return BlobAnswer(UselessRange{"its part has no place (Content-Range)"});
  if (part->total && *part->total != blob.size) return wrong_size(attempted, blob.size, *part->total);
  if (part->range.begin != range.begin || part->range.end > range.end) {
    return BlobAnswer(UselessRange{fmt::format("bytes {} to {} were asked for and {} to {} came", range.begin,
                                               range.end, part->range.begin, part->range.end)});
  }
  const auto length = answer->head().content_length();
  if (length && *length != part->range.size()) {
    return BlobAnswer(UselessRange{"the length of its part is not the length of its place"});
  }
  return BlobAnswer(OpenedBlob{exactly(std::move(answer), range.size(), attempted), range.begin});
}

}  // namespace

std::unique_ptr<ByteSource> exactly(std::unique_ptr<ByteSource> inner, std::uint64_t size, std::string attempted) {
  return std::make_unique<Exactly>(std::move(inner), size, std::move(attempted));
}

Result<BlobAnswer> read_blob_answer(std::unique_ptr<http::Exchange> answer, const Descriptor& blob,
                                    const std::optional<ByteRange>& range, const std::string& attempted) {
  const auto& head = answer->head();
  if (head.status == 200 || (head.status == 206 && range)) DRAY_TRY(check_encoding(head, attempted));
  if (head.status == 200) return read_whole(std::move(answer), blob, attempted);
  if (head.status == 206 && range) return read_part(std::move(answer), blob, *range, attempted);
  if (head.status == 416 && range) return BlobAnswer(UselessRange{"it says that there is no such part"});
  return answer_error(*answer, attempted);
}

http::Headers blob_headers(const std::optional<ByteRange>& range) {
  http::Headers headers;
  headers.add("Accept", "*/*");
  headers.add("Accept-Encoding", "identity");
  if (range) headers.add("Range", http::range_header(*range));
  return headers;
}

}  // namespace dray::client
