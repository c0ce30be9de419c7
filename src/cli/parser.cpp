// The only file that includes CLI11: it costs seconds to compile.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "command.hpp"

namespace dray::cli {
namespace {

std::string long_name(std::string_view names) { return std::string(names.substr(0, names.find(','))); }

struct Slots {
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::map<std::string, std::size_t, std::less<>> switches;
};

void declare_option(CLI::App& app, const Option& option, Slots& slots) {
  const auto name = long_name(option.name);
  if (option.value.empty()) {
    app.add_flag(std::string(option.name), slots.switches[name]);
    return;
  }
  auto* declared = app.add_option(std::string(option.name), slots.values[name]);
  declared->type_size(1)->allow_extra_args(false);
  // An option that may be repeated takes one word each time, but only if its limit is CLI11's greatest: below that it
  // also takes the words behind it (CLI11 2.1, App::_parse_arg).
  declared->expected(1, option.many ? CLI::detail::expected_max_vector_size : 1);
  declared->multi_option_policy(option.many ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
}

void declare_argument(CLI::App& app, const Argument& argument, Slots& slots) {
  auto* declared = app.add_option(std::string(argument.name), slots.values[std::string(argument.name)]);
  declared->required(argument.required);
  // Without extra arguments CLI11 fills an argument up to what it needs and no further, which for an optional one is
  // nothing; with them, one argument would take the words of those behind it.
  declared->allow_extra_args(argument.many || !argument.required);
  declared->expected(argument.required ? 1 : 0, argument.many ? 100'000 : 1);
}

Error usage_error(const Command& command, std::string_view what) {
  std::string message(what);
  std::replace(message.begin(), message.end(), '\n', ' ');
  message += "; see `dray ";
  message += command.name;
  message += " --help`";
  return {ErrorCode::invalid_input, std::move(message)};
}

}  // namespace

Result<Input> parse_input(const Command& command, std::span<const std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_windows_style_options(false);
  Slots slots;
  for (const auto& option : command.options) declare_option(app, option, slots);
  for (const auto& option : common_options()) declare_option(app, option, slots);
  for (const auto& argument : command.arguments) declare_argument(app, argument, slots);

  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const auto asks_help = std::find_if(words.begin(), words.end(),
                                        [](const std::string& word) { return word == "--help" || word == "-h"; });
    if (asks_help == words.end()) return usage_error(command, error.what());
    slots.switches["--help"] = 1;
  }

  Input input;
  for (auto& [name, count] : slots.switches) {
    if (count > 0) input.options[name] = {""};
  }
  for (auto& [name, values] : slots.values) {
    if (values.empty()) continue;
    (name.starts_with("--") ? input.options : input.arguments)[name] = std::move(values);
  }
  return input;
}

}  // namespace dray::cli
