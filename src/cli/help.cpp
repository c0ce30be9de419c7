#include <fmt/format.h>

#include <algorithm>

#include "command.hpp"

namespace dray::cli {
namespace {

struct Row {
  std::string left;
  std::string_view right;
};

void add_rows(std::string& out, const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.left.size());
  for (const auto& row : rows) fmt::format_to(std::back_inserter(out), "  {:<{}}  {}\n", row.left, width, row.right);
}

std::string usage_line(const Command& command) {
  std::string line = fmt::format("dray {}", command.name);
  for (const auto& argument : command.arguments) {
    const auto word = fmt::format("{}{}", argument.name, argument.many ? "…" : "");
    line += argument.required ? " " + word : " [" + word + "]";
  }
  return line + " [OPTION…]";
}

Row option_row(const Option& option) {
  auto left = std::string(option.name);
  if (const auto comma = left.find(','); comma != std::string::npos) {
    left = left.substr(comma + 1) + ", " + left.substr(0, comma);
  }
  if (!option.value.empty()) left += fmt::format(" {}{}", option.value, option.many ? "…" : "");
  return {std::move(left), option.help};
}

}  // namespace

std::string overview_help() {
  std::string out =
      "dray: container images from and to any registry, with no Docker and no daemon\n\n"
      "  dray inspect mcr.microsoft.com/dotnet/runtime:7.0          what is it, for which platforms, how large\n"
      "  dray pull mcr.microsoft.com/dotnet/runtime:7.0 oci:runtime  into a folder, resumed if it was cut\n\n"
      "Usage: dray COMMAND [ARGUMENT…] [OPTION…]\n";
  std::vector<std::string_view> groups;
  for (const auto& command : commands()) {
    if (std::find(groups.begin(), groups.end(), command.group) == groups.end()) groups.push_back(command.group);
  }
  for (const auto group : groups) {
    fmt::format_to(std::back_inserter(out), "\n{}\n", group);
    std::vector<Row> rows;
    for (const auto& command : commands()) {
      if (command.group == group) rows.push_back({std::string(command.name), command.summary});
    }
    add_rows(out, rows);
  }
  out +=
      "\nIMAGE is a reference (`alpine`, `ghcr.io/o/r:tag`, `host:5000/r@sha256:…`) or a place: `oci:DIR[:TAG]`,\n"
      "`dir:DIR`.\n"
      "`dray COMMAND --help` begins with an example; `dray version` tells the version.\n";
  return out;
}

std::string group_help(std::string_view first_word) {
  std::vector<Row> rows;
  for (const auto& command : commands()) {
    if (command.name.starts_with(first_word) && command.name.size() > first_word.size() &&
        command.name[first_word.size()] == ' ') {
      rows.push_back({std::string(command.name), command.summary});
    }
  }
  if (rows.empty()) return {};
  auto out = fmt::format("Usage: dray {} COMMAND …\n\n", first_word);
  add_rows(out, rows);
  return out;
}

std::string command_help(const Command& command) {
  std::string out;
  for (const auto& example : command.examples) {
    fmt::format_to(std::back_inserter(out), "  {}\n      {}\n", example.line, example.says);
  }
  fmt::format_to(std::back_inserter(out), "\n{}\n\nUsage: {}\n", command.summary, usage_line(command));
  if (!command.details.empty()) fmt::format_to(std::back_inserter(out), "\n{}\n", command.details);
  if (!command.arguments.empty()) {
    out += "\nArguments\n";
    std::vector<Row> rows;
    for (const auto& argument : command.arguments) rows.push_back({std::string(argument.name), argument.help});
    add_rows(out, rows);
  }
  if (!command.options.empty()) {
    out += "\nOptions\n";
    std::vector<Row> rows;
    for (const auto& option : command.options) rows.push_back(option_row(option));
    add_rows(out, rows);
  }
  out += "\nEverywhere\n";
  std::vector<Row> rows;
  for (const auto& option : common_options()) rows.push_back(option_row(option));
  add_rows(out, rows);
  return out;
}

}  // namespace dray::cli
