#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "command.hpp"
#include "context.hpp"
#include "core_dumps.hpp"
#include "credential_helper.hpp"
#include "exit_status.hpp"
#include "interrupt.hpp"
#include "text.hpp"
#include "version.hpp"

namespace dray::cli {
namespace {

int say(Terminal& terminal, const Error& error) {
  terminal.line("dray: " + printable(error.message()));
  return exit_status(error.code());
}

int print(Terminal& terminal, std::string_view text) {
  if (const auto written = write_stdout(text); !written) return say(terminal, written.error());
  return exit_done;
}

// A program may be started with one of these closed. What is opened next would get its number, and a result could be
// written into a layer. For standard output a place that cannot be written keeps the failure visible.
void keep_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    // The lowest free number is given out, and those below are open by now.
    if (::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd) std::terminate();
  }
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h" || word == "help"; }

int unknown_command(Terminal& terminal, const std::vector<std::string>& words) {
  auto typed = words.front();
  if (typed.starts_with('-')) {
    return say(
        terminal,
        Error(ErrorCode::invalid_input,
              "'" + typed + "' stands before the command: options follow it, as in `dray inspect alpine --trace`"));
  }
  std::string list = "dray";
  if (const auto help = group_help(words.front()); !help.empty()) {
    if (words.size() == 1) {
      terminal.line(help.substr(0, help.size() - 1));
      return exit_usage;
    }
    if (asks_for_help(words[1])) return print(terminal, help);
    typed += " " + words[1];
    list += " " + words.front();
  }
  const auto nearest = nearest_command(words);
  return say(terminal,
             Error(ErrorCode::invalid_input, "no command '" + typed + "'" +
                                                 (nearest.empty() ? "; `" + list + " --help` lists them"
                                                                  : "; did you mean `dray " + nearest + "`?")));
}

// Nothing is there, or nobody may look: then a name that reads as another than was meant is worth a word.
Error with_hint(Error error, const Input& input) {
  const auto code = error.code();
  if (code != ErrorCode::not_found && code != ErrorCode::unauthorized && code != ErrorCode::denied &&
      code != ErrorCode::unavailable) {
    return error;
  }
  for (const auto& [name, words] : input.arguments) {
    for (const auto& word : words) {
      const auto address = Address::parse(word);
      if (!address || address->kind() != PlaceKind::registry) continue;
      if (const auto hint = address->reference().hint(); !hint.empty()) return {code, error.message() + "; " + hint};
    }
  }
  return error;
}

int run_command(const std::shared_ptr<Terminal>& terminal, const Command& command, std::span<const std::string> words,
                Interrupt& interrupt) {
  const auto stop = interrupt.token();
  const auto input = parse_input(command, words);
  if (!input) return say(*terminal, input.error());
  if (input->has("--help")) return print(*terminal, command_help(command));
  auto context = Context::make(command, *input, terminal, stop);
  if (!context) return say(*terminal, context.error());
  (*context)->set_hangup_setter([&](std::function<void()> reload) { interrupt.on_hangup(std::move(reload)); });
  const auto status = command.run(**context, *input);
  if (status) return *status;
  if (stop.stop_requested()) {
    terminal->line("dray: interrupted; run the same command again to go on where it stopped");
    return exit_interrupted;
  }
  // Nobody asked to stop: the reader of standard output went away (`| head`), and wants to hear no more.
  if (status.error().code() == ErrorCode::cancelled) return exit_interrupted;
  return say(*terminal, with_hint(status.error(), *input));
}

int run(const std::vector<std::string>& words) {
  const auto terminal = std::make_shared<Terminal>();
  if (words.empty() || (words.size() == 1 && asks_for_help(words[0]))) return print(*terminal, overview_help());
  if (words[0] == "version" || words[0] == "--version") return print(*terminal, fmt::format("dray {}\n", version));
  const bool help_first = asks_for_help(words[0]);  // `dray help pull`
  const auto rest = std::span(words).subspan(help_first ? 1 : 0);
  const auto found = find_command(rest);
  if (found.command == nullptr) return unknown_command(*terminal, {rest.begin(), rest.end()});
  if (help_first) return print(*terminal, command_help(*found.command));
  Interrupt interrupt;
  return run_command(terminal, *found.command, rest.subspan(found.words), interrupt);
}

}  // namespace
}  // namespace dray::cli

int main(int argc, char** argv) {
  dray::cli::keep_standard_streams();
  dray::cli::forbid_core_dumps();
  try {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (argc > 0 && dray::cli::is_called_as_helper(argv[0])) return dray::cli::run_as_helper(words);
    return dray::cli::run(words);
  } catch (const std::exception& error) {
    fmt::print(stderr, "dray: unexpected: {}\n", error.what());
    return dray::cli::exit_failure;
  }
}
