#include "support/subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace dray::testing {
namespace {

/// Both ends of a pipe that no other child inherits.
struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int read_end() const { return ends[0]; }
  [[nodiscard]] int write_end() const { return ends[1]; }
  void close_read() { close(ends[0]); }
  void close_write() { close(ends[1]); }
  static void close(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  std::array<int, 2> ends{-1, -1};
};

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> lines;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    if (!command.env.contains(std::string(line.substr(0, line.find('='))))) lines.emplace_back(line);
  }
  for (const auto& [name, value] : command.env) {
    if (value) lines.push_back(name + "=" + *value);
  }
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (std::string& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child needs, made before the fork: afterwards only async-signal-safe calls are allowed.
struct Launch {
  const char* program;
  char** arguments;
  char** environment;
  const char* directory;
  std::array<int, 3> standard;
  int failure;
};

[[noreturn]] void become(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  for (int fd = 0; fd < 3; ++fd) ::dup2(launch.standard[static_cast<std::size_t>(fd)], fd);
  if (*launch.directory == '\0' || ::chdir(launch.directory) == 0) {
    ::execve(launch.program, launch.arguments, launch.environment);
  }
  const int reason = errno;
  const ssize_t told = ::write(launch.failure, &reason, sizeof reason);
  ::_exit(told == sizeof reason ? 127 : 126);
}

void append_what_is_there(int fd, std::string& text, bool& open) {
  std::array<char, 65536> piece{};
  while (open) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EAGAIN) {
      return;
    } else if (got == 0 || errno != EINTR) {
      open = false;
    }
  }
}

std::chrono::microseconds microseconds_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

struct Process::State {
  Command command;
  Pipe in;
  Pipe out;
  Pipe err;
  int pid = -1;
  int pidfd = -1;
  std::thread pump;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  Outcome outcome;
  bool ended = false;

  void start();
  void pump_loop();
  void read_outputs(bool& out_open, bool& err_open);
  bool feed(std::size_t& fed);
  void reap();
};

void Process::State::start() {
  const std::string program = find_program(command.words.at(0)).string();
  std::vector<std::string> words = command.words;
  std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<char*> variables = pointers_to(environment);
  const std::string directory = command.directory.string();
  Pipe failure;
  const Launch launch{program.c_str(),
                      const_cast<char**>(arguments.data()),
                      const_cast<char**>(variables.data()),
                      directory.c_str(),
                      {in.read_end(), out.write_end(), err.write_end()},
                      failure.write_end()};
  pid = ::fork();
  if (pid == 0) become(launch);
  if (pid < 0) throw std::runtime_error("cannot fork");
  ::setpgid(pid, pid);
  failure.close_write();
  int reason = 0;
  if (::read(failure.read_end(), &reason, sizeof reason) > 0) {
    ::waitpid(pid, nullptr, 0);
    throw std::runtime_error("cannot run " + program + ": " + std::strerror(reason));
  }
  in.close_read();
  out.close_write();
  err.close_write();
  for (const int fd : {in.write_end(), out.read_end(), err.read_end()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  // By number: <sys/pidfd.h> of glibc 2.36 does not declare pidfd_open as C.
  pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) throw std::runtime_error("cannot watch a process");
  pump = std::thread([this] { pump_loop(); });
}

bool Process::State::feed(std::size_t& fed) {
  while (fed < command.input.size()) {
    const ssize_t sent = ::write(in.write_end(), command.input.data() + fed, command.input.size() - fed);
    if (sent < 0 && errno == EAGAIN) return true;
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) fed += static_cast<std::size_t>(sent);
  }
  return false;
}

void Process::State::read_outputs(bool& out_open, bool& err_open) {
  const std::lock_guard lock(mutex);
  append_what_is_there(out.read_end(), outcome.out, out_open);
  append_what_is_there(err.read_end(), outcome.err, err_open);
  changed.notify_all();
}

void Process::State::pump_loop() {
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  std::size_t fed = 0;
  bool out_open = true;
  bool err_open = true;
  bool exited = false;
  while (!exited) {
    if (in.write_end() >= 0 && !feed(fed)) in.close_write();
    std::array<pollfd, 4> entries{pollfd{in.write_end(), POLLOUT, 0}, pollfd{out_open ? out.read_end() : -1, POLLIN, 0},
                                  pollfd{err_open ? err.read_end() : -1, POLLIN, 0}, pollfd{pidfd, POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    exited = entries[3].revents != 0;
    read_outputs(out_open, err_open);
  }
  reap();
}

void Process::State::reap() {
  const std::lock_guard lock(mutex);
  // While the leader is not reaped its group's number cannot be anybody else's.
  ::kill(-pid, SIGKILL);
  int raw = 0;
  rusage usage{};
  ::wait4(pid, &raw, 0, &usage);
  outcome.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
  outcome.status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  outcome.peak_memory_kib = usage.ru_maxrss;
  outcome.cpu_time = microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime);
  ended = true;
  changed.notify_all();
}

Process::Process(Command command) : state_(std::make_unique<State>()) {
  state_->command = std::move(command);
  state_->start();
}

Process::~Process() {
  kill(SIGKILL);
  state_->pump.join();
  ::close(state_->pidfd);
}

int Process::pid() const { return state_->pid; }

void Process::kill(int signal) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->ended) ::kill(-state_->pid, signal);
}

bool Process::running() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->ended;
}

Outcome Process::wait(std::chrono::milliseconds deadline) {
  std::unique_lock lock(state_->mutex);
  if (state_->changed.wait_for(lock, deadline, [&] { return state_->ended; })) return state_->outcome;
  ::kill(-state_->pid, SIGKILL);
  std::string words;
  for (const std::string& word : state_->command.words) words += word + " ";
  throw std::runtime_error(words + "did not end in time; it wrote:\n" + state_->outcome.out + state_->outcome.err);
}

bool Process::wait_for_output(std::string_view text, std::chrono::milliseconds deadline) const {
  const auto seen = [&] {
    return state_->outcome.out.find(text) != std::string::npos || state_->outcome.err.find(text) != std::string::npos;
  };
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, deadline, [&] { return seen() || state_->ended; });
  return seen();
}

std::string Process::out() const {
  const std::lock_guard lock(state_->mutex);
  return state_->outcome.out;
}

std::string Process::err() const {
  const std::lock_guard lock(state_->mutex);
  return state_->outcome.err;
}

Outcome run(Command command, std::chrono::milliseconds deadline) { return Process(std::move(command)).wait(deadline); }

std::filesystem::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin:/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw std::runtime_error("the program " + name + " is missing; scripts/test installs what the tests need");
}

}  // namespace dray::testing
