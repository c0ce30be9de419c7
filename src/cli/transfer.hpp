#pragma once

#include <string>
#include <string_view>

#include "context.hpp"

namespace dray::cli {

/// Copies from one address to another with the options of the command line and shows the report: what pull, push
/// and copy are.
[[nodiscard]] Result<int> transfer(Context& context, const Input& input, const std::string& from,
                                   const std::string& to);
/// The same for `--all-tags`, between places. The exit status tells of tags that failed.
[[nodiscard]] Result<int> transfer_tags(Context& context, const Input& input, const std::string& from,
                                        const std::string& to);
/// Where a copy went, and what the table calls the manifest that it was made from.
struct CopiedTo {
  std::string_view origin;
  const Address& place;
  bool dry_run = false;
};
/// The report of a copy as people read it.
[[nodiscard]] std::string copied_text(const ops::CopyReport& report, const CopiedTo& to, bool colour);
/// Shows the report of a copy.
[[nodiscard]] Result<int> show_copied(Context& context, const ops::CopyReport& report, const CopiedTo& to);
/// `invalid_input` for an option that means nothing without `--all-tags`.
[[nodiscard]] Result<void> check_tag_options(const Input& input);

}  // namespace dray::cli
