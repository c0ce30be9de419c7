#include "secret_input.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

#include <dray/base/file.hpp>
#include <dray/core/limits.hpp>

#include "input_file.hpp"

namespace dray::cli {
namespace {

/// The terminal without echo, as long as this lives.
class HiddenTyping {
 public:
  explicit HiddenTyping(Echo echo) {
    if (echo == Echo::shown || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ECHONL;
    is_hidden_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenTyping() {
    if (is_hidden_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

 private:
  termios before_{};
  bool is_hidden_ = false;
};

// What cannot be said on standard error cannot be said at all.
void say(std::string_view text) {
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

Result<std::string> read_line(const FileDescriptor& stopped) {
  std::string line;
  while (line.size() < limits::max_bearer_token_bytes) {
    std::array<pollfd, 2> waits{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{stopped.get(), POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR)
      return errno_error("wait for the terminal", errno);
    if (waits[1].revents != 0) return Error(ErrorCode::cancelled, "stopped while asking");
    if (waits[0].revents == 0) continue;
    std::array<char, 1024> piece{};
    const auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read the terminal", errno);
    if (got == 0) break;
    line.append(piece.data(), static_cast<std::size_t>(got));
    if (line.ends_with('\n')) {
      line.pop_back();
      return line;
    }
  }
  return Error(ErrorCode::invalid_input, "nothing was typed");
}

}  // namespace

bool stdin_is_terminal() { return ::isatty(STDIN_FILENO) == 1; }

Result<std::string> ask(std::string_view prompt, Echo echo, const std::stop_token& stop) {
  const FileDescriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stopped) return errno_error("wait for the terminal", errno);
  const std::stop_callback wake(stop, [&stopped] {
    const std::uint64_t one = 1;
    if (::write(stopped.get(), &one, sizeof one) < 0) return;
  });
  const HiddenTyping hidden(echo);
  say(prompt);
  auto line = read_line(stopped);
  if (!line) say("\n");
  return line;
}

Result<std::string> secret_from_stdin(std::string_view what, const std::stop_token& stop) {
  if (stdin_is_terminal()) return ask("Type " + std::string(what) + ": ", Echo::hidden, stop);
  DRAY_TRY_ASSIGN(auto text, read_input("-", limits::max_bearer_token_bytes));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty())
    return Error(ErrorCode::invalid_input, "standard input held nothing where " + std::string(what) + " was expected");
  return text;
}

}  // namespace dray::cli
