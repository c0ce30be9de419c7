#include <algorithm>
#include <dray/core/artifact_limits.hpp>
#include <dray/format/file_title.hpp>

#include "shown.hpp"
#include "utf8.hpp"

namespace dray {
namespace {

Error refused(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_input, "the file title " + shown(text) + " is refused: " + why};
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// Empty: nothing is wrong with it.
std::string wrong_with(std::string_view name) {
  if (name.empty()) return "it begins or ends with '/', or has an empty name in it";
  if (name == "." || name == "..") return "'" + std::string(name) + "' leads elsewhere";
  if (name.size() > limits::max_file_name_bytes) {
    return "a name has more than " + std::to_string(limits::max_file_name_bytes) + " bytes";
  }
  return {};
}

}  // namespace

Result<FileTitle> FileTitle::parse(std::string_view text) {
  if (text.empty()) return refused(text, "it is empty");
  if (text.size() > limits::max_file_title_bytes) {
    return refused(text, "it has more than " + std::to_string(limits::max_file_title_bytes) + " bytes");
  }
  if (std::ranges::any_of(text, is_control)) return refused(text, "it has a control character");
  if (!is_utf8(text)) return refused(text, "it is no UTF-8");
  for (auto rest = text;;) {
    const auto slash = rest.find('/');
    if (const auto wrong = wrong_with(rest.substr(0, slash)); !wrong.empty()) return refused(text, wrong);
    if (slash == std::string_view::npos) return FileTitle(std::string(text));
    rest.remove_prefix(slash + 1);
  }
}

Result<FileTitle> FileTitle::of_path(const std::filesystem::path& path) {
  const auto plain = path.lexically_normal();
  const bool below = plain.is_relative() && !plain.empty() && *plain.begin() != "..";
  return parse(below ? plain.generic_string() : plain.filename().generic_string());
}

Result<std::optional<FileTitle>> FileTitle::of(const Descriptor& layer) {
  const auto title = layer.annotations.find(std::string(annotation));
  if (title == layer.annotations.end()) return std::optional<FileTitle>();
  DRAY_TRY_ASSIGN(auto parsed, parse(title->second));
  return std::optional(std::move(parsed));
}

}  // namespace dray
