#pragma once

#include <cstddef>
#include <dray/base/result.hpp>
#include <dray/http/message.hpp>
#include <string_view>

namespace dray::http {

/// Reads the head of an answer line by line, under the limits of limits.hpp, and stricter than libcurl: no folded
/// lines, no control characters, no two lengths. Informational heads (1xx) are passed over; what comes after the
/// final head (trailers) is counted and dropped.
class HeadReader {
 public:
  /// `expectation_sent`: a 417 is passed over too, since the request is then sent again without `Expect`.
  explicit HeadReader(bool expectation_sent = false) : expectation_sent_(expectation_sent) {}

  /// One line with its line end. Errors: `protocol`.
  [[nodiscard]] Result<void> take(std::string_view line);

  /// The final status line is here.
  [[nodiscard]] bool has_status() const noexcept { return status_ != 0 && !is_passed_over(); }
  /// The whole final head is here.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const Headers& headers() const noexcept { return headers_; }

 private:
  Result<void> count(std::size_t bytes);
  Result<void> take_status_line(std::string_view line);
  Result<void> take_field(std::string_view line);
  Result<void> end_head();
  [[nodiscard]] bool is_passed_over() const noexcept { return status_ < 200 || (expectation_sent_ && status_ == 417); }

  Headers headers_;
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  int status_ = 0;  ///< 0 between two heads
  bool expectation_sent_;
  bool complete_ = false;
};

}  // namespace dray::http
