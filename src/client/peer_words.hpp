#pragma once

#include <string>
#include <string_view>

namespace dray::client {

/// What a peer said, fit for a terminal: valid UTF-8 without control, format and direction characters, runs of blanks
/// as one, at most `max_peer_words_chars`.
[[nodiscard]] std::string clean_words(std::string_view text);

/// An error body, understood as far as it goes.
struct PeerError {
  std::string code;   ///< `MANIFEST_UNKNOWN`; cleaned; empty where there is none.
  std::string words;  ///< Message and detail; cleaned.
};

/// Reads `{"errors":[{code,message,detail}]}`, OAuth's `{"error","error_description"}`, `{"details"}`, `{"message"}`,
/// HTML (its text) or plain text. Never fails: what is none of these is taken as text.
/// Source: distribution-spec 1.1, "Error Codes"; RFC 6749 section 5.2.
[[nodiscard]] PeerError read_peer_error(std::string_view body);

}  // namespace dray::client
