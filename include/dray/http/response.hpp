#pragma once

#include <cstdint>
#include <dray/http/message.hpp>
#include <memory>
#include <string>

namespace dray::http {

/// The whole body. More than `limit` bytes, or a `Content-Length` that says so, is `limit_exceeded`.
[[nodiscard]] Result<std::string> read_body(Exchange& exchange, std::uint64_t limit);

/// Lets go of an answer whose body nobody wants: a short one is read away, which saves its connection.
void discard(std::unique_ptr<Exchange> exchange);

}  // namespace dray::http
