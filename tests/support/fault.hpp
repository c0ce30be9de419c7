#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/answer.hpp"
#include "support/registry_target.hpp"

namespace dray::testing {

/// What goes wrong with one answer. Made by the functions in `faults`; several can be joined with `+`.
struct Fault {
  std::optional<Answer> instead = {};  ///< This is answered, and the request has no effect.
  bool close = false;                  ///< The connection ends without an answer, and the request has no effect.
  bool lose_answer = false;            ///< The request has its effect, then the connection ends without an answer.
  bool stall = false;                  ///< No answer ever comes.
  Ending ending = Ending::fin;
  bool ignore_range = false;
  std::optional<std::uint64_t> truncate_to = {};   ///< The body ends there, and Content-Length agrees.
  std::optional<std::uint64_t> corrupt_byte = {};  ///< This byte of the whole content, counted from 0, is inverted.
  std::optional<std::string> body = {};            ///< Another body.
  Headers set = {};
  std::vector<std::string> drop = {};
  Delivery delivery = {};

  /// Changes a good answer.
  void apply(Answer& answer) const;
};
[[nodiscard]] Fault operator+(Fault a, const Fault& b);

namespace faults {

/// The connection ends after so many body bytes, of which Content-Length promised more.
[[nodiscard]] Fault cut_after(std::uint64_t bytes, Ending ending = Ending::fin);
[[nodiscard]] Fault stall_after(std::uint64_t bytes);
[[nodiscard]] Fault stall();
[[nodiscard]] Fault close(Ending ending = Ending::fin);
[[nodiscard]] Fault lose_answer();
[[nodiscard]] Fault truncate_to(std::uint64_t bytes);
[[nodiscard]] Fault corrupt_byte(std::uint64_t offset);
[[nodiscard]] Fault ignore_range();
/// Whatever `Content-Range` should be, it is this.
[[nodiscard]] Fault content_range(std::string value);
[[nodiscard]] Fault status(int status, Headers headers = {}, std::string body = {});
/// 429 or 503 with `Retry-After` as seconds, or as the date that lies so many seconds ahead.
[[nodiscard]] Fault retry_after(int status, int seconds);
[[nodiscard]] Fault retry_after_date(int status, int seconds);
/// A redirect to `location`; to its own URL it is a loop.
[[nodiscard]] Fault redirect(std::string location, int status = 307);
[[nodiscard]] Fault header(std::string name, std::string value);
[[nodiscard]] Fault without_header(std::string name);
[[nodiscard]] Fault body(std::string bytes);
[[nodiscard]] Fault drip(std::uint64_t bytes_per_second);
[[nodiscard]] Fault chunked(std::size_t chunk_bytes = 1000);
[[nodiscard]] Fault claim_length(std::uint64_t bytes);

}  // namespace faults

/// When a fault strikes: the requests that match are counted, the first `skip` of them pass, the next `times` are hit.
struct FaultRule {
  Route route = Route::any;
  Fault fault = {};
  int times = 1;  ///< 0: for ever.
  int skip = 0;
  std::string method = {};      ///< Empty: every method.
  std::string containing = {};  ///< The request's target contains this text, for example a digest's hex or a tag.
};

/// The rules in force. Safe from many threads.
class FaultPlan {
 public:
  void add(FaultRule rule);
  void clear();
  /// The fault for this request: of the first rule that strikes. Every rule that matches counts the request.
  [[nodiscard]] std::optional<Fault> strike(Route route, const ServerRequest& request);

 private:
  struct Entry {
    FaultRule rule;
    int seen = 0;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace dray::testing
