#include <dray/base/error.hpp>

#include <cerrno>
#include <system_error>

namespace dray {

std::string_view name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_input:
      return "invalid_input";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::unauthorized:
      return "unauthorized";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::digest_mismatch:
      return "digest_mismatch";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::rate_limited:
      return "rate_limited";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::io:
      return "io";
    case ErrorCode::protocol:
      return "protocol";
  }
  return "unknown";
}

Error Error::with_peer(int status, std::string words) && {
  peer_status_ = status;
  peer_words_ = std::move(words);
  return std::move(*this);
}

Error Error::context(std::string_view where) && {
  message_.insert(0, ": ").insert(0, where);
  return std::move(*this);
}

Error Error::with_code(ErrorCode code) && {
  code_ = code;
  return std::move(*this);
}

Error errno_error(std::string_view what, int error_number) {
  const auto code = [error_number] {
    switch (error_number) {
      case ENOSPC:
      case EDQUOT:
      case EFBIG:
        return ErrorCode::no_space;
      case ENOENT:
        return ErrorCode::not_found;
      default:
        return ErrorCode::io;
    }
  }();
  std::string message(what);
  message += ": ";
  message += std::generic_category().message(error_number);
  return {code, std::move(message)};
}

}  // namespace dray
