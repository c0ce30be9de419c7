#pragma once

#include <dray/base/result.hpp>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dray::cli {

class Context;

/// A word that a command takes by its place.
struct Argument {
  std::string_view name;  ///< `IMAGE`
  std::string_view help;
  bool required = true;
  bool many = false;  ///< One or more, or none when not required; only the last argument.
};

/// A word that begins with `--`.
struct Option {
  std::string_view name;   ///< `--platform`; a short form may follow: `--file,-f`
  std::string_view value;  ///< `OS/ARCH`; empty for a switch
  std::string_view help;
  bool many = false;
};

struct Example {
  std::string_view line;
  std::string_view says;
};

/// What was typed behind the command's words. Only what the command declared can be asked for.
class Input {
 public:
  std::map<std::string, std::vector<std::string>, std::less<>> arguments;
  std::map<std::string, std::vector<std::string>, std::less<>>
      options;  ///< By the long name; a switch has one empty value.

  [[nodiscard]] const std::string& argument(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> optional_argument(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all_arguments(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view option) const;
  [[nodiscard]] std::optional<std::string> option(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view option) const;
};

/// A command as data: help, usage and parsing are made from it.
struct Command {
  std::string_view name;     ///< One word, or two: `manifest get`
  std::string_view group;    ///< Its heading in the overview.
  std::string_view summary;  ///< One line, without a full stop.
  std::vector<Argument> arguments;
  std::vector<Option> options;  ///< Its own; the common ones of `common_options` are added.
  std::vector<Example> examples;
  std::string_view details;
  Result<int> (*run)(Context& context, const Input& input);
  bool makes_auth_file = false;  ///< `--authfile` may name a file that is not there yet.
};

/// Every command, in the order of the overview.
[[nodiscard]] const std::vector<Command>& commands();
/// What every command takes.
[[nodiscard]] std::span<const Option> common_options();

/// The command that the words begin with and how many of them name it; nullptr when there is none.
struct Found {
  const Command* command = nullptr;
  std::size_t words = 0;
};
[[nodiscard]] Found find_command(std::span<const std::string> words);
/// The command's name that looks most like the words, for "did you mean"; empty when none does.
[[nodiscard]] std::string nearest_command(std::span<const std::string> words);

/// Reads the words behind the command's name. Errors are `invalid_input` and say how to get help.
[[nodiscard]] Result<Input> parse_input(const Command& command, std::span<const std::string> words);

[[nodiscard]] std::string overview_help();
[[nodiscard]] std::string group_help(std::string_view first_word);  ///< `manifest` alone
[[nodiscard]] std::string command_help(const Command& command);

}  // namespace dray::cli
