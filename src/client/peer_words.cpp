#include "peer_words.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include <cstdint>
#include <optional>

namespace dray::client {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};

/// The code point at the front; nullopt where there is no valid UTF-8.
std::optional<CodePoint> front_code_point(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return std::nullopt;
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(at) & 0x3FU);
  }
  static constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < least[bytes] || value > 0x10FFFF || surrogate) return std::nullopt;
  return CodePoint{value, bytes};
}

bool is_blank(char32_t c) { return c <= 0x20 || c == 0x7F || (c >= 0x80 && c <= 0xA0) || c == 0x2028 || c == 0x2029; }

/// Characters that change how others are shown: marks of direction, joiners, the byte order mark.
bool is_invisible(char32_t c) {
  return c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string string_member(const Json& json, std::string_view key) {
  const auto* const member = json.find(key);
  if (member == nullptr || member->is_null()) return {};
  const auto* const text = member->as_string();
  if (text != nullptr) return *text;
  const auto* const object = member->as_object();
  if (object != nullptr && object->empty()) return {};
  return member->dump();
}

std::string joined(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty() || a == b) return a.empty() ? b : a;
  return a + ": " + b;
}

/// Every entry of `errors`; the first gives the code.
std::optional<PeerError> read_spec_errors(const Json& json) {
  const auto* const errors = json.find("errors");
  const auto* const entries = errors != nullptr ? errors->as_array() : nullptr;
  if (entries == nullptr || entries->empty()) return std::nullopt;
  PeerError result;
  for (const auto& entry : *entries) {
    const auto* const plain = entry.as_string();
    const auto words =
        plain != nullptr ? *plain : joined(string_member(entry, "message"), string_member(entry, "detail"));
    if (result.code.empty()) result.code = string_member(entry, "code");
    if (words.empty()) continue;
    result.words += result.words.empty() ? words : "; " + words;
    if (result.words.size() > limits::max_peer_words_chars) break;
  }
  return result;
}

PeerError read_json_error(const Json& json) {
  if (auto spec = read_spec_errors(json)) return *std::move(spec);
  PeerError result;
  result.code = string_member(json, "error");
  result.words = string_member(json, "error_description");
  for (const auto* const key : {"details", "detail", "message"}) {
    if (result.words.empty()) result.words = string_member(json, key);
  }
  return result;
}

bool looks_like_html(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '<';
}

/// The text between the tags.
std::string without_tags(std::string_view html) {
  std::string text;
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>' && in_tag) {
      in_tag = false;
      text += ' ';
    }
  }
  return text;
}

}  // namespace

std::string clean_words(std::string_view text) {
  std::string result;
  bool blank = false;
  for (std::size_t chars = 0; !text.empty();) {
    const auto point = front_code_point(text);
    const auto bytes = point ? point->bytes : 1;
    const auto piece = point ? text.substr(0, bytes) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(bytes);
    if (point && is_blank(point->value)) {
      blank = !result.empty();
      continue;
    }
    if (point && is_invisible(point->value)) continue;
    chars += blank ? 2 : 1;
    if (chars >= limits::max_peer_words_chars) return result + "…";
    if (blank) result += ' ';
    blank = false;
    result += piece;
  }
  return result;
}

PeerError read_peer_error(std::string_view body) {
  if (looks_like_html(body)) return {"", clean_words(without_tags(body))};
  const auto json = Json::parse(body);
  if (!json || json->as_object() == nullptr) return {"", clean_words(body)};
  auto result = read_json_error(*json);
  result.code = clean_words(result.code);
  result.words = clean_words(result.words.empty() && result.code.empty() ? std::string(body) : result.words);
  return result;
}

}  // namespace dray::client
