#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "output.hpp"
#include "text.hpp"

namespace dray::cli {
namespace {

// What cannot be said on standard error cannot be said at all.
void write_stderr(std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

winsize terminal_size() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size.ws_col = 80;
  if (size.ws_row == 0) size.ws_row = 24;
  return size;
}

}  // namespace

Terminal::Terminal() : interactive_(is_colour_terminal(STDERR_FILENO) || ::isatty(STDERR_FILENO) == 1) {}

std::size_t Terminal::width() const { return terminal_size().ws_col; }
std::size_t Terminal::height() const { return terminal_size().ws_row; }

void Terminal::erase(std::string& out, Block& block) {
  for (std::size_t i = 0; i < block.lines; ++i) out += "\x1b[1A\x1b[2K";
  block.lines = 0;
}

void Terminal::line(std::string_view text) {
  block_.with([&](Block& block) {
    std::string out;
    erase(out, block);
    out += text;
    out += '\n';
    for (const auto& shown : block.shown) out += shown + "\n";
    block.lines = block.shown.size();
    write_stderr(out);
  });
}

void Terminal::redraw(const std::vector<std::string>& lines) {
  block_.with([&](Block& block) {
    std::string out;
    erase(out, block);
    const auto width_now = width();
    block.shown.clear();
    for (const auto& text : lines) {
      block.shown.push_back(shortened(text, width_now > 1 ? width_now - 1 : 1));
      out += block.shown.back() + "\n";
    }
    block.lines = block.shown.size();
    write_stderr(out);
  });
}

}  // namespace dray::cli
