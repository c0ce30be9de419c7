#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace dray {

/// What a caller can do about a failure, not where it arose. `cli` maps each to an exit status.
enum class ErrorCode : std::uint8_t {
  invalid_input,    ///< The caller's words or somebody's document are wrong; asking again is useless.
  not_found,        ///< The thing does not exist, or hides behind the same answer.
  unauthorized,     ///< No credential, or a wrong one.
  denied,           ///< The credential is known and may not do this.
  conflict,         ///< Somebody else holds or changed it.
  digest_mismatch,  ///< Bytes are not what their digest or size says.
  limit_exceeded,   ///< A limit of ours with a name, see docs/limits.md.
  unsupported,      ///< The peer or this program cannot do it.
  rate_limited,     ///< The peer asked us to come back later.
  unavailable,      ///< No connection, a cut connection, or the peer failed (5xx).
  timed_out,        ///< A deadline passed.
  cancelled,        ///< The caller asked to stop.
  no_space,         ///< The disk or a quota is full.
  io,               ///< The operating system refused a file operation.
  protocol,         ///< The peer answered against its own rules.
};

/// The code's name as written in the source, for logs and JSON, for example `digest_mismatch`.
[[nodiscard]] std::string_view name(ErrorCode code) noexcept;

/// Why something did not happen: a code to branch on and a sentence for people. A value.
/// A message starts in lower case, names the thing, says what to try, and never holds a credential.
class Error {
 public:
  Error(ErrorCode code, std::string message) : message_(std::move(message)), code_(code) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

  /// The HTTP status that a peer answered with, 0 where no peer answered.
  [[nodiscard]] int peer_status() const noexcept { return peer_status_; }
  /// The peer's own words, cleaned of control characters; empty where there are none.
  [[nodiscard]] const std::string& peer_words() const noexcept { return peer_words_; }

  [[nodiscard]] Error with_peer(int status, std::string words) &&;
  /// Puts `where` in front of the message: `where: message`.
  [[nodiscard]] Error context(std::string_view where) &&;
  [[nodiscard]] Error with_code(ErrorCode code) &&;

 private:
  std::string message_;
  std::string peer_words_;
  int peer_status_ = 0;
  ErrorCode code_;
};

/// The error of a failed system call: `no_space` for ENOSPC, EDQUOT and EFBIG, `not_found` for ENOENT, else `io`.
/// `what` says what was attempted, on what: `write /data/x`.
[[nodiscard]] Error errno_error(std::string_view what, int error_number);

}  // namespace dray
