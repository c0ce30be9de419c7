#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dray::server::engine {

/// Why a request goes no further: what `Service::refuse_early` is told.
struct Refusal {
  int status = 400;
  std::string_view why;
};

/// Looks for the end of a request's head in bytes that come piece by piece, and refuses early what no later byte can
/// mend: a line that ends in a bare LF, a folded line, too many bytes or lines. Each byte is looked at once.
class HeadScan {
 public:
  enum class Found : std::uint8_t { more, whole, refused };

  /// `bytes` is all that came since the last head: the bytes of the call before and what was added.
  [[nodiscard]] Found scan(std::string_view bytes);
  /// Of a whole head: where it begins (one empty line may stand in front), and where it ends.
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t end() const noexcept { return at_; }
  [[nodiscard]] std::size_t scanned() const noexcept { return at_; }
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }

 private:
  Found refuse(int status, std::string_view why);
  Found need_more(std::string_view bytes);

  Refusal refusal_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t begin_ = 0;
  std::size_t lines_ = 0;
};

}  // namespace dray::server::engine
