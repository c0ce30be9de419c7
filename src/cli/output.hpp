#pragma once

#include <dray/base/result.hpp>
#include <dray/base/stream.hpp>
#include <dray/format/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "command.hpp"

namespace dray::cli {

/// A result in the forms that a person or a script may ask for.
struct View {
  std::function<std::string(bool colour)> table;
  std::function<Json()> json;
  std::optional<std::string> raw;  ///< The stored bytes; unset where there are none.
};

/// Standard output: results and nothing else.
class Output {
 public:
  /// Reads `--format` and `--jq`.
  [[nodiscard]] static Result<Output> make(const Input& input);

  /// Results go to standard error from here on: standard output is taken by something else.
  void leave_stdout() noexcept { to_stderr_ = true; }

  /// Writes the form that was asked for; returns `exit_done`.
  [[nodiscard]] Result<int> show(const View& view) const;
  [[nodiscard]] bool wants_json() const noexcept { return format_ == Format::json; }
  [[nodiscard]] bool wants_raw() const noexcept { return format_ == Format::raw; }

 private:
  enum class Format : unsigned char { table, json, raw };
  Format format_ = Format::table;
  std::optional<std::string> jq_;
  bool to_stderr_ = false;
};

/// Writes all of it to standard output. A full disk is `no_space`; a reader that went away is `cancelled`.
[[nodiscard]] Result<void> write_stdout(std::string_view bytes);
/// The same, for what streams.
class StdoutSink final : public ByteSink {
 public:
  Result<void> write(ByteView bytes) override { return write_stdout(as_text(bytes)); }
};

/// Whether colour and cursor movement make sense there: a terminal, no `NO_COLOR`, a `TERM` that is not dumb.
[[nodiscard]] bool is_colour_terminal(int fd);

}  // namespace dray::cli
