#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <dray/base/file.hpp>

namespace dray::settings {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The posix_spawn structures, which are to be destroyed.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    // What this program ignores (SIGPIPE) the child must not.
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void stream(const FileDescriptor& file, int as) { ::posix_spawn_file_actions_adddup2(&actions_, file.get(), as); }
  void close_the_rest() { ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1); }
  [[nodiscard]] const posix_spawn_file_actions_t& actions() const { return actions_; }
  [[nodiscard]] const posix_spawnattr_t& attributes() const { return attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A child that was not reaped yet, so its numbers are nobody else's. Killed with its group by the destructor.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {
    // By number: <sys/pidfd.h> of glibc 2.36 does not declare pidfd_open as C.
    watch_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] const FileDescriptor& watch() const { return watch_; }
  /// Kills the group and says how its leader ended.
  int end() {
    if (pid_ < 0) return 0;
    ::kill(-pid_, SIGKILL);
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  }

 private:
  pid_t pid_;
  FileDescriptor watch_;
};

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("make a pipe", errno);
  Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

// A file in memory, unlike a pipe, takes all of it at once and is not broken by a reader that goes away.
Result<FileDescriptor> make_input(const std::string& input) {
  FileDescriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) return errno_error("make a file in memory", errno);
  DRAY_TRY(write_at(file, 0, as_bytes(input)));
  return file;
}

std::vector<char*> pointers_to(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (auto& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

Result<pid_t> spawn(const ChildRequest& request, const SpawnPlan& plan) {
  auto words = request.arguments;
  words.insert(words.begin(), request.program.filename().string());
  auto variables = request.environment;
  const auto arguments = pointers_to(words);
  const auto environment = pointers_to(variables);
  pid_t pid = -1;
  const int failure = ::posix_spawn(&pid, request.program.c_str(), &plan.actions(), &plan.attributes(),
                                    arguments.data(), environment.data());
  if (failure != 0) return errno_error("run " + request.program.string(), failure);
  return pid;
}

/// One of the child's outputs, as far as it is wanted.
class Captured {
 public:
  Captured(FileDescriptor file, std::size_t limit) : file_(std::move(file)), limit_(limit) {}

  /// Reads what is there now.
  void drain() {
    std::array<char, 4096> piece{};
    while (file_) {
      const auto got = ::read(file_.get(), piece.data(), piece.size());
      if (got > 0) {
        keep({piece.data(), static_cast<std::size_t>(got)});
      } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        file_.close();
      } else if (errno == EAGAIN) {
        return;
      }
      if (is_over_) return;  // somebody who never stops must not hold us
    }
  }
  [[nodiscard]] int fd() const { return file_.get(); }
  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void keep(std::string_view piece) {
    const auto room = limit_ - text_.size();
    is_over_ = is_over_ || piece.size() > room;
    text_ += piece.substr(0, std::min(room, piece.size()));
  }

  FileDescriptor file_;
  std::size_t limit_;
  std::string text_;
  bool is_over_ = false;
};

int left_until(SteadyTime end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

Result<void> watch(const Child& child, Captured& out, Captured& err, const ChildRequest& request) {
  const auto end = std::chrono::steady_clock::now() + request.deadline;
  const auto name = request.program.filename().string();
  while (true) {
    std::array<pollfd, 3> waits{pollfd{out.fd(), POLLIN, 0}, pollfd{err.fd(), POLLIN, 0},
                                pollfd{child.watch().get(), POLLIN, 0}};
    const int ready = ::poll(waits.data(), waits.size(), left_until(end));
    if (ready < 0 && errno != EINTR) return errno_error("wait for " + name, errno);
    if (ready == 0) {
      return Error(ErrorCode::timed_out,
                   name + " did not answer within " + std::to_string(request.deadline.count()) + " ms");
    }
    out.drain();
    err.drain();
    if (out.is_over()) {
      return Error(ErrorCode::limit_exceeded,
                   name + " answered with more than " + std::to_string(request.max_out) + " bytes");
    }
    if (waits[2].revents != 0) return {};
  }
}

}  // namespace

Result<ChildOutcome> run_child(const ChildRequest& request) {
  DRAY_TRY_ASSIGN(const auto input, make_input(request.input));
  DRAY_TRY_ASSIGN(auto out_pipe, make_pipe());
  DRAY_TRY_ASSIGN(auto err_pipe, make_pipe());
  SpawnPlan plan;
  plan.stream(input, STDIN_FILENO);
  plan.stream(out_pipe.write, STDOUT_FILENO);
  plan.stream(err_pipe.write, STDERR_FILENO);
  plan.close_the_rest();
  DRAY_TRY_ASSIGN(const auto pid, spawn(request, plan));
  Child child(pid);
  if (!child.watch()) return errno_error("watch " + request.program.string(), errno);
  out_pipe.write.close();
  err_pipe.write.close();
  Captured out(std::move(out_pipe.read), request.max_out);
  Captured err(std::move(err_pipe.read), request.max_err);
  DRAY_TRY(watch(child, out, err, request));
  const int status = child.end();
  return ChildOutcome{status, out.take(), err.take()};
}

}  // namespace dray::settings
