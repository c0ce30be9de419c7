#pragma once

#include <dray/http/message.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace dray::client {

/// The bytes of `inner`, exactly `size` of them: an earlier end is `unavailable`, so that a reader can go on where it
/// broke off, and a later one `digest_mismatch`. `attempted` begins the message.
[[nodiscard]] std::unique_ptr<ByteSource> exactly(std::unique_ptr<ByteSource> inner, std::uint64_t size,
                                                  std::string attempted);

/// The answer to a range was nonsense (another part, several parts, no place): asking for the whole may help.
struct UselessRange {
  std::string why;
};
using BlobAnswer = std::variant<OpenedBlob, UselessRange>;

/// Checks a 200 or 206 to a GET of a blob, with or without a range, before any byte is given out: no
/// `Content-Encoding`, the length, the place of the part and the total agree with the descriptor.
/// Errors: `digest_mismatch` for another size, `protocol`.
/// Source: RFC 9110 sections 14 and 15.3.7.
[[nodiscard]] Result<BlobAnswer> read_blob_answer(std::unique_ptr<http::Exchange> answer, const Descriptor& blob,
                                                  const std::optional<ByteRange>& range, const std::string& attempted);

/// The headers of such a request, harmless for every hop.
[[nodiscard]] http::Headers blob_headers(const std::optional<ByteRange>& range);

}  // namespace dray::client
