#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "shown.hpp"
#include "utf8.hpp"

namespace dray {
namespace {

namespace bj = boost::json;

/// Below this many members a new key is compared with each one before it; above, keys are sorted at the object's end.
constexpr std::size_t members_compared_one_by_one = 16;

/// Builds the value from Boost's events. A refusal of ours leaves its sentence in `failure`.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  std::optional<Error> failure;

  [[nodiscard]] Json take() && { return std::move(root_); }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }

  bool on_object_begin(bj::error_code& ec) { return begin(Json::Object{}, ec); }
  bool on_object_end(std::size_t, bj::error_code& ec) {
    Json& object = *open_.back();
    if (!keys_differ(*object.as_object(), ec)) return false;
    object.as_object()->shrink_to_fit();
    open_.pop_back();
    return true;
  }
  bool on_array_begin(bj::error_code& ec) { return begin(Json::Array{}, ec); }
  bool on_array_end(std::size_t, bj::error_code&) {
    open_.back()->as_array()->shrink_to_fit();
    open_.pop_back();
    return true;
  }

  bool on_key_part(bj::string_view text, std::size_t, bj::error_code&) {
    pending_.append(text.data(), text.size());
    return true;
  }
  bool on_key(bj::string_view text, std::size_t, bj::error_code& ec) {
    pending_.append(text.data(), text.size());
    Json::Object& object = *open_.back()->as_object();
    if (object.size() < members_compared_one_by_one &&
        std::ranges::find(object, pending_, &Json::Member::key) != object.end()) {
      return refuse_duplicate(pending_, ec);
    }
    object.push_back({std::string(pending_), Json()});
    pending_.clear();
    return true;
  }

  bool on_string_part(bj::string_view text, std::size_t, bj::error_code&) {
    pending_.append(text.data(), text.size());
    return true;
  }
  bool on_string(bj::string_view text, std::size_t, bj::error_code& ec) {
    pending_.append(text.data(), text.size());
    std::string value(pending_);
    pending_.clear();
    return add(Json(std::move(value)), ec) != nullptr;
  }

  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t value, bj::string_view, bj::error_code& ec) { return add(Json(value), ec) != nullptr; }
  bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code& ec) { return add(Json(value), ec) != nullptr; }
  /// Boost hands over integers that 64 bits cannot hold as doubles, and its own doubles may be one bit off.
  bool on_double(double boosts, bj::string_view digits, bj::error_code& ec) {
    const std::string_view text(digits.data(), digits.size());
    if (text.find_first_of(".eE") == std::string_view::npos) {
      return refuse(ErrorCode::invalid_input, "an integer does not fit into 64 bits", ec);
    }
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    // from_chars says the same of what is too large for a double and of what is too small.
    const bool too_large = read.ec == std::errc::result_out_of_range && std::abs(boosts) > 1;
    if (too_large) return refuse(ErrorCode::invalid_input, "a number is too large", ec);
    return add(Json(value), ec) != nullptr;
  }
  bool on_bool(bool value, bj::error_code& ec) { return add(Json(value), ec) != nullptr; }
  bool on_null(bj::error_code& ec) { return add(Json(), ec) != nullptr; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  bool refuse(ErrorCode code, std::string message, bj::error_code& ec) {
    failure = Error(code, std::move(message));
    ec = bj::error::exception;
    return false;
  }
  bool refuse_duplicate(std::string_view key, bj::error_code& ec) {
    return refuse(ErrorCode::invalid_input, fmt::format("the key {} occurs twice in one object", shown(key)), ec);
  }

  /// Puts a value where the document has it; null where there are too many.
  Json* add(Json value, bj::error_code& ec) {
    if (++values_ > limits::max_json_values) {
      refuse(ErrorCode::limit_exceeded, fmt::format("there are more than {} values", limits::max_json_values), ec);
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (Json::Array* array = open_.back()->as_array()) return &array->emplace_back(std::move(value));
    Json& place = open_.back()->as_object()->back().value;
    place = std::move(value);
    return &place;
  }

  template <class Container>
  bool begin(Container empty, bj::error_code& ec) {
    Json* place = add(Json(std::move(empty)), ec);
    if (place == nullptr) return false;
    open_.push_back(place);
    return true;
  }

  /// Sorting needs four bytes a member and cannot be slowed down by chosen keys, as a hash can.
  bool keys_differ(const Json::Object& object, bj::error_code& ec) {
    if (object.size() <= members_compared_one_by_one) return true;
    std::vector<std::uint32_t> order(object.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto key = [&object](std::uint32_t i) -> const std::string& { return object[i].key; };
    std::ranges::sort(order, {}, key);
    const auto twin = std::ranges::adjacent_find(order, {}, key);
    return twin == order.end() || refuse_duplicate(key(*twin), ec);
  }

  Json root_;
  std::vector<Json*> open_;  ///< The containers around the next value; only the last one grows, so these stay valid.
  std::string pending_;
  std::size_t values_ = 0;
};

/// "line 3, column 7" of an offset; columns are characters.
std::string position(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::string_view last = before.substr(before.rfind('\n') + 1);
  const auto column =
      1 + std::ranges::count_if(last, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  return fmt::format("line {}, column {}", line, column);
}

std::string sentence(const bj::error_code& ec, std::string_view rest) {
  if (ec == bj::error::incomplete) return "the document ends too soon";
  if (ec == bj::error::extra_data) return "something follows the end of the document";
  if (ec == bj::error::exponent_overflow) return "a number is too large";
  if (ec == bj::error::illegal_leading_surrogate || ec == bj::error::illegal_trailing_surrogate ||
      ec == bj::error::expected_utf16_escape) {
    return "a \\u escape is half of a surrogate pair";
  }
  if (ec == bj::error::expected_hex_digit) return "a \\u escape lacks its four hex digits";
  if (ec != bj::error::syntax) return ec.message();
  if (!rest.empty() && utf8_sequence_length(rest) == 0) return "these bytes are not UTF-8";
  if (rest.empty()) return "the document ends too soon";
  const auto next = static_cast<unsigned char>(rest.front());
  if (next < 0x20) return fmt::format("the control character 0x{:02x} stands where none may be", next);
  return shown(rest.substr(0, utf8_sequence_length(rest))) + " is not what JSON allows here";
}

Error failed(std::string_view text, std::size_t offset, ErrorCode code, std::string_view what) {
  return Error(code, fmt::format("json: {}: {}", position(text, offset), what));
}

}  // namespace

Result<Json> Json::parse(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) {
    return failed(text, 0, ErrorCode::invalid_input,
                  "the document begins with a byte order mark; it must begin with the value");
  }
  bj::parse_options options;
  options.max_depth = limits::max_json_depth;
  bj::basic_parser<Builder> parser(options);
  bj::error_code ec;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && consumed < text.size()) ec = bj::error::extra_data;
  if (!ec) return std::move(parser.handler()).take();
  if (parser.handler().failure) {
    const Error& why = *parser.handler().failure;
    return failed(text, consumed, why.code(), why.message());
  }
  if (ec == bj::error::too_deep) {
    return failed(text, consumed, ErrorCode::limit_exceeded,
                  fmt::format("arrays and objects lie more than {} deep in one another", limits::max_json_depth));
  }
  return failed(text, consumed, ErrorCode::invalid_input, sentence(ec, text.substr(consumed)));
}

}  // namespace dray
