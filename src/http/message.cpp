#include <dray/http/message.hpp>

#include <algorithm>

#include "text.hpp"

namespace dray::http {

std::string_view name(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
  }
  return "?";
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(lines_, [&](const auto& line) { return equal_without_case(line.first, name); });
}

const std::string* Headers::find(std::string_view name) const noexcept {
  const auto at = std::ranges::find_if(lines_, [&](const auto& line) { return equal_without_case(line.first, name); });
  return at == lines_.end() ? nullptr : &at->second;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [line_name, value] : lines_) {
    if (equal_without_case(line_name, name)) values.push_back(value);
  }
  return values;
}

Body text_body(std::string text) {
  Body body;
  body.size = text.size();
  body.open = [text = std::move(text)]() -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(text);
  };
  return body;
}

std::optional<std::uint64_t> ResponseHead::content_length() const {
  const auto lines = headers.all("Content-Length");
  if (lines.size() != 1) return std::nullopt;
  return parse_number<std::uint64_t>(trim(lines.front()));
}

}  // namespace dray::http
