#include "output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "exit_status.hpp"
#include "jq.hpp"

namespace dray::cli {
namespace {

Result<void> write_to(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(file, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) return Error(ErrorCode::cancelled, "the reader of standard output went away");
      return errno_error("write standard output", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

Result<Output> Output::make(const Input& input) {
  Output output;
  output.jq_ = input.option("--jq");
  const auto format = input.option("--format").value_or(output.jq_ ? "json" : "table");
  if (format == "table") {
    output.format_ = Format::table;
  } else if (format == "json") {
    output.format_ = Format::json;
  } else if (format == "raw") {
    output.format_ = Format::raw;
  } else {
    return Error(ErrorCode::invalid_input, "--format takes table, json or raw, not '" + format +
                                               "'; to pick fields use --jq, for example --jq .digest");
  }
  if (output.jq_ && output.format_ != Format::json) {
    return Error(ErrorCode::invalid_input, "--jq works on JSON: leave --format out or say --format json");
  }
  return output;
}

Result<int> Output::show(const View& view) const {
  const int file = to_stderr_ ? STDERR_FILENO : STDOUT_FILENO;
  std::string text;
  switch (format_) {
    case Format::table:
      text = view.table(is_colour_terminal(file));
      break;
    case Format::raw:
      if (!view.raw) return Error(ErrorCode::invalid_input, "this command has no raw form; use --format json");
      text = *view.raw;
      break;
    case Format::json:
      if (jq_) {
        DRAY_TRY_ASSIGN(text, run_jq(*jq_, view.json()));
      } else {
        text = view.json().pretty();
      }
      break;
  }
  DRAY_TRY(write_to(file, text));
  return exit_done;
}

Result<void> write_stdout(std::string_view bytes) { return write_to(STDOUT_FILENO, bytes); }

bool is_colour_terminal(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  return ::isatty(fd) == 1;
}

}  // namespace dray::cli
