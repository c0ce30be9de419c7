#pragma once

#include <dray/base/guarded.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::cli {

/// Standard error, shared by messages, `--trace` and progress: a line that is written while a progress block
/// stands on the terminal goes above it. Safe from many threads.
class Terminal {
 public:
  Terminal();
  [[nodiscard]] bool is_interactive() const noexcept { return interactive_; }
  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::size_t height() const;

  /// A whole line, without its end.
  void line(std::string_view text);
  /// Replaces the block of lines at the bottom; only on an interactive terminal.
  void redraw(const std::vector<std::string>& lines);

 private:
  struct Block {
    std::size_t lines = 0;
    std::vector<std::string> shown;
  };
  static void erase(std::string& out, Block& block);
  bool interactive_;
  Guarded<Block> block_;
};

}  // namespace dray::cli
