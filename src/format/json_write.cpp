#include <array>
#include <charconv>
#include <cmath>
#include <dray/format/json.hpp>

#include "utf8.hpp"

namespace dray {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20) {
    out += "\\u00";
    out += hex_digits[byte >> 4U];
    out += hex_digits[byte & 0xfU];
  } else {
    out += c;
  }
}

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) {
      out += replacement;
      text.remove_prefix(1);
    } else if (length == 1) {
      append_escaped(out, text.front());
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const std::size_t begin = out.size();
  append_number(out, number);
  // Without a fraction or an exponent it would be read as an integer.
  if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
}

/// Writes a value with `indent` blanks a level, or on one line where `indent` is 0.
class Writer {
 public:
  Writer(std::string& out, std::size_t indent) : out_(out), indent_(indent) {}

  void operator()(std::nullptr_t) { out_ += "null"; }
  void operator()(bool value) { out_ += value ? "true" : "false"; }
  void operator()(std::int64_t value) { append_number(out_, value); }
  void operator()(std::uint64_t value) { append_number(out_, value); }
  void operator()(double value) { append_double(out_, value); }
  void operator()(const std::string& value) { append_string(out_, value); }

  void operator()(const Json::Array& array) {
    open('[');
    for (const Json& item : array) {
      next_item();
      std::visit(*this, item.value());
      first_ = false;
    }
    close(']', array.empty());
  }

  void operator()(const Json::Object& object) {
    open('{');
    for (const Json::Member& member : object) {
      next_item();
      append_string(out_, member.key);
      out_ += indent_ == 0 ? ":" : ": ";
      std::visit(*this, member.value.value());
      first_ = false;
    }
    close('}', object.empty());
  }

 private:
  void open(char bracket) {
    out_ += bracket;
    ++depth_;
    first_ = true;
  }
  void close(char bracket, bool empty) {
    --depth_;
    if (!empty) new_line();
    out_ += bracket;
    first_ = false;
  }
  void next_item() {
    if (!first_) out_ += ',';
    new_line();
  }
  void new_line() {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(depth_ * indent_, ' ');
  }

  std::string& out_;
  std::size_t indent_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

}  // namespace

std::string Json::dump() const {
  std::string out;
  Writer writer(out, 0);
  std::visit(writer, value_);
  return out;
}

std::string Json::pretty() const {
  std::string out = pretty_with_indent(2);
  out += '\n';
  return out;
}

std::string Json::pretty_with_indent(std::size_t blanks) const {
  std::string out;
  Writer writer(out, blanks);
  std::visit(writer, value_);
  return out;
}

}  // namespace dray
