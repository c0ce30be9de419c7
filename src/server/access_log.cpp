#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <dray/server/access_log.hpp>
#include <mutex>
#include <thread>

#include "percent.hpp"

namespace dray::server {
namespace {

constexpr std::size_t write_at_bytes = 64UL * 1024;
constexpr std::size_t most_waiting_bytes = 4UL * 1024 * 1024;
constexpr std::chrono::seconds longest_wait{1};
/// How long a reader that takes nothing holds up the log's own thread.
constexpr int patience_ms = 1000;

/// In lower case: ours, and those that clients carry here by mistake from somewhere else.
constexpr std::array<std::string_view, 12> secret_parameters{
    "sig",      "md5",     "token",         "_state",          "refresh_token",        "access_token",
    "password", "account", "client_secret", "x-amz-signature", "x-amz-security-token", "signature"};

/// JSON's own escapes; whatever is no printable ASCII becomes `\u00XX`, byte by byte.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
}

/// Judged by what a handler would read: `s%69g` is `sig`.
bool is_secret(std::string_view parameter) {
  auto decoded = percent_decode(parameter).value_or(std::string(parameter));
  for (auto& c : decoded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(secret_parameters.begin(), secret_parameters.end(), decoded) != secret_parameters.end();
}

/// A target may be a whole URL, with a password in it: it is refused, and logged without that.
void append_path(std::string& out, std::string_view path) {
  const auto scheme = path.find("://");
  const auto authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto end = std::min(path.find('/', authority), path.size());
  const auto at = path.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < authority) return append_escaped(out, path);
  append_escaped(out, path.substr(0, authority));
  out += '-';
  append_escaped(out, path.substr(at));
}

void append_target(std::string& out, std::string_view target) {
  const auto mark = target.find('?');
  append_path(out, target.substr(0, mark));
  if (mark == std::string_view::npos) return;
  char separator = '?';
  for (auto rest = target.substr(mark + 1); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto parameter = rest.substr(0, end);
    const auto name = parameter.substr(0, parameter.find('='));
    out += separator;
    append_escaped(out, is_secret(name) ? name : parameter);
    if (is_secret(name)) out += "=-";
    separator = '&';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

class Log final : public AccessLog {
 public:
  Log(int fd, Clock& clock) : fd_(fd), clock_(clock) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~Log() override {
    {
      const std::lock_guard lock(mutex_);
      thread_.request_stop();
    }
    wake_.notify_all();
  }

  void note(const Served& served) override {
    auto line = log_line(served, clock_.wall_now());
    line += '\n';
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > most_waiting_bytes) {
      ++lost_;
      return;
    }
    waiting_ += line;
    if (waiting_.size() >= write_at_bytes) wake_.notify_one();
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
      const bool stopping = stop.stop_requested();
      if (!stopping) {
        wake_.wait_for(lock, longest_wait, [&] { return stop.stop_requested() || waiting_.size() >= write_at_bytes; });
      }
      auto lines = std::exchange(waiting_, {});
      if (lost_ > 0) lines += fmt::format("{{\"lost\":{}}}\n", std::exchange(lost_, 0));
      lock.unlock();
      write_all(lines);
      lock.lock();
      if (stopping) return;
    }
  }

  void write_all(std::string_view lines) const {
    while (!lines.empty()) {
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, patience_ms) <= 0) return;
      const auto count = ::write(fd_, lines.data(), lines.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      lines.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  const int fd_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  std::jthread thread_;  // last: it is joined before what it uses is gone
};

}  // namespace

std::string log_line(const Served& served, std::chrono::system_clock::time_point now) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
  auto line = fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","peer":")",
                          fmt::gmtime(static_cast<std::time_t>(milliseconds / 1000)), milliseconds % 1000);
  append_escaped(line, served.peer);
  line += R"(","method":")";
  append_escaped(line, served.method);
  line += R"(","target":")";
  append_target(line, served.target);
  fmt::format_to(std::back_inserter(line), R"(","status":{},"received":{},"sent":{},"seconds":{:.6f},"agent":")",
                 served.status, served.received_bytes, served.sent_bytes,
                 static_cast<double>(served.took.count()) / 1e6);
  append_escaped(line, served.user_agent);
  line += served.complete ? R"(","complete":true})" : R"(","complete":false})";
  return line;
}

std::unique_ptr<AccessLog> AccessLog::make(int fd, Clock& clock) { return std::make_unique<Log>(fd, clock); }

}  // namespace dray::server
