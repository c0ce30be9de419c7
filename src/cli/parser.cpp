// The only file that includes CLI11: it costs seconds to compile.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <dray/core/nearest.hpp>

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
  // An option takes one word each time, but only if its limit is CLI11's greatest: below that it also takes the words
  // behind it (CLI11 2.1, App::_parse_arg).
  declared->expected(1, CLI::detail::expected_max_vector_size);
  // One that is given twice is kept whole, so that it is our sentence that refuses it.
  declared->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void declare_argument(CLI::App& app, const Argument& argument, Slots& slots) {
  auto* declared = app.add_option(std::string(argument.name), slots.values[std::string(argument.name)]);
  declared->required(argument.required);
  // Without extra arguments CLI11 fills an argument up to what it needs and no further, which for an optional one is
  // nothing; with them, one argument would take the words of those behind it.
  declared->allow_extra_args(argument.many || !argument.required);
  declared->expected(argument.required ? 1 : 0, argument.many ? 100'000 : 1);
}

Error usage_error(const Command& command, const std::string& what) {
  return {ErrorCode::invalid_input, what + "; see `dray " + std::string(command.name) + " --help`"};
}

std::vector<Option> options_of(const Command& command) {
  auto options = command.options;
  options.insert(options.end(), common_options().begin(), common_options().end());
  return options;
}

const Option* find_option(const std::vector<Option>& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const Option& option) { return long_name(option.name) == name; });
  return found == options.end() ? nullptr : &*found;
}

std::string unknown_option(const std::vector<Option>& options, std::string_view typed) {
  const auto name = typed.substr(0, typed.find('='));
  std::vector<std::string> names;
  for (const auto& option : options) names.push_back(long_name(option.name));
  const auto best = nearest(name, names);
  return "there is no option '" + std::string(name) + "'" + (best.empty() ? "" : " (did you mean '" + best + "'?)");
}

// The words that nothing took: an option that there is not, or an argument too many.
std::string unexpected(const std::vector<Option>& options, const std::vector<std::string>& left_over) {
  for (const auto& word : left_over) {
    if (word.size() > 1 && word.front() == '-' && word != "--") return unknown_option(options, word);
  }
  const auto word =
      std::find_if(left_over.begin(), left_over.end(), [](const std::string& each) { return each != "--"; });
  return "'" + (word == left_over.end() ? "--" : *word) + "' is one argument too many";
}

// CLI11 would read `--trace=no` as a switch that is off.
std::string switch_with_value(const std::vector<Option>& options, std::span<const std::string> words) {
  for (const auto& word : words) {
    if (word == "--") break;
    const auto* option = find_option(options, std::string_view(word).substr(0, word.find('=')));
    if (option != nullptr && option->value.empty() && word.find('=') != std::string::npos) {
      return long_name(option->name) + " takes no value";
    }
  }
  return {};
}

// CLI11 begins such a message with the option's name.
std::string missing_value(const std::vector<Option>& options, const CLI::ParseError& error) {
  const std::string text = error.what();
  const auto name = text.substr(0, text.find(':'));
  const auto* option = find_option(options, name);
  if (option == nullptr) return text;
  return name + " needs a value: " + name + " " + std::string(option->value);
}

}  // namespace

Result<Input> parse_input(const Command& command, std::span<const std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_windows_style_options(false);
  app.allow_extras();
  Slots slots;
  const auto options = options_of(command);
  for (const auto& option : options) declare_option(app, option, slots);
  for (const auto& argument : command.arguments) declare_argument(app, argument, slots);

  const bool asks_help =
      std::any_of(words.begin(), words.end(), [](const std::string& word) { return word == "--help" || word == "-h"; });
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  auto mistake = switch_with_value(options, words);
  if (!mistake.empty()) return usage_error(command, mistake);
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    mistake = missing_value(options, error);
  } catch (const CLI::ParseError& error) {
    mistake = error.what();
    std::replace(mistake.begin(), mistake.end(), '\n', ' ');
  }
  // A mistyped option is why an argument seems to be missing.
  if (const auto left_over = app.remaining(); !left_over.empty()) mistake = unexpected(options, left_over);
  if (asks_help) {
    slots.switches["--help"] = 1;
  } else if (!mistake.empty()) {
    return usage_error(command, mistake);
  }
  for (const auto& option : options) {
    const auto name = long_name(option.name);
    if (!option.many && !asks_help && slots.values[name].size() > 1) {
      return usage_error(command, name + " is given more than once");
    }
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
