#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::testing {

/// A program to run.
struct Command {
  std::vector<std::string> words;                              ///< The program (looked up in PATH) and its arguments.
  std::map<std::string, std::optional<std::string>> env = {};  ///< Set on top of ours; nothing: unset.
  std::string input = {};                                      ///< Its standard input, which then ends.
  std::filesystem::path directory = {};                        ///< Where it runs; empty: here.
};

/// How a program ended.
struct Outcome {
  int status = 0;  ///< The exit status, or 128 plus the signal that ended it.
  int signal = 0;  ///< 0: it exited.
  std::string out;
  std::string err;
  long peak_memory_kib = 0;
  std::chrono::microseconds cpu_time{0};
};

/// A program that runs beside the test, in a process group of its own. It is killed by the destructor, and by the
/// kernel when the thread that started it is gone; children that it leaves behind are killed with it. All output is
/// kept. Throws std::runtime_error with a sentence when the program cannot be started.
class Process {
 public:
  explicit Process(Command command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] int pid() const;
  /// Sends a signal to the process and its children, unless it has ended.
  void kill(int signal);
  [[nodiscard]] bool running() const;
  /// Waits for the end; when `deadline` passes first, kills it and throws std::runtime_error with what it wrote.
  Outcome wait(std::chrono::milliseconds deadline = std::chrono::seconds(60));
  /// Waits until standard output (or error) holds `text`; false when the program ends or `deadline` passes first.
  [[nodiscard]] bool wait_for_output(std::string_view text,
                                     std::chrono::milliseconds deadline = std::chrono::seconds(20)) const;
  /// What came so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs a program to its end.
Outcome run(Command command, std::chrono::milliseconds deadline = std::chrono::seconds(60));

/// The path of a program that the set-up installs; throws std::runtime_error, which names it, when it is missing.
std::filesystem::path find_program(const std::string& name);

}  // namespace dray::testing
