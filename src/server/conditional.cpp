#include "conditional.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace dray::server {
namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool names(std::string_view tag, const Digest& digest) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
  return tag == digest.text_view();
}

/// Digits only; what does not fit counts as the greatest number.
std::optional<std::uint64_t> number(std::string_view digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return result.ec == std::errc{} ? value : UINT64_MAX;
}

WantedBytes last_bytes(std::uint64_t count, std::uint64_t size) {
  if (count == 0 || size == 0) return Unsatisfiable{};
  return ByteRange{size - std::min(count, size), size};
}

}  // namespace

std::string entity_tag(const Digest& digest) { return "\"" + digest.text() + "\""; }

bool has_already(const Request& request, const Digest& digest) {
  for (auto line : request.headers.all("If-None-Match")) {
    while (!line.empty()) {
      const auto comma = line.find(',');
      const auto tag = trim(line.substr(0, comma));
      if (tag == "*" || names(tag, digest)) return true;
      line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
    }
  }
  return false;
}

WantedBytes wanted_bytes(const Request& request, std::uint64_t size, const Digest& digest) {
  if (request.method != Method::get) return Whole{};
  const auto ranges = request.headers.all("Range");
  if (ranges.size() != 1) return Whole{};
  if (const auto* const condition = request.headers.find("If-Range"); condition != nullptr) {
    // Only a strong tag may be compared here.
    if (condition->starts_with("W/") || !names(trim(*condition), digest)) return Whole{};
  }
  constexpr std::string_view unit = "bytes=";
  auto range = trim(ranges.front());
  if (!range.starts_with(unit)) return Whole{};
  range.remove_prefix(unit.size());
  const auto dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return Whole{};
  const auto first_text = trim(range.substr(0, dash));
  const auto last_text = trim(range.substr(dash + 1));
  if (first_text.empty()) {
    const auto count = number(last_text);
    return count ? last_bytes(*count, size) : WantedBytes(Whole{});
  }
  const auto first = number(first_text);
  const auto last = last_text.empty() ? std::optional(UINT64_MAX) : number(last_text);
  if (!first || !last || *last < *first) return Whole{};
  if (*first >= size) return Unsatisfiable{};
  return ByteRange{*first, *last < size ? *last + 1 : size};
}

}  // namespace dray::server
