#include <algorithm>
#include <dray/format/json_patch.hpp>
#include <utility>

namespace dray {

namespace {

/// Finds where values stand in a text that `Json::parse` took: nothing is checked again.
class Locator {
 public:
  explicit Locator(std::string_view text) : text_(text) {}

  // As deep as `max_json_depth`, which the parser has held the text to.
  JsonSpan value() {
    skip_blanks();
    JsonSpan span{.begin = at_};
    if (text_[at_] == '{') {
      object(span);
    } else if (text_[at_] == '[') {
      array(span);
    } else if (text_[at_] == '"') {
      skip_string();
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    span.end = at_;
    return span;
  }

 private:
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  /// Behind an opening bracket or a value: true where another value comes, else the closing bracket is passed.
  bool another(char closing) {
    skip_blanks();
    if (text_[at_] == closing) {
      ++at_;
      return false;
    }
    if (text_[at_] == ',') ++at_;
    skip_blanks();
    return true;
  }

  void object(JsonSpan& span) {
    ++at_;
    while (another('}')) {
      JsonSpan::Member member{.key = {}, .begin = at_, .key_end = 0, .value = {}};
      skip_string();
      member.key_end = at_;
      // Escapes in a key are the parser's to read.
      member.key = *Json::parse(text_.substr(member.begin, member.key_end - member.begin)).value().as_string();
      at_ = text_.find(':', at_) + 1;
      member.value = value();
      span.members.push_back(std::move(member));
    }
  }

  void array(JsonSpan& span) {
    ++at_;
    while (another(']')) span.elements.push_back(value());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

auto member_of(const JsonSpan& object, std::string_view key) {
  return std::ranges::find(object.members, key, &JsonSpan::Member::key);
}

}  // namespace

const JsonSpan* JsonSpan::find(std::string_view key) const noexcept {
  const auto member = member_of(*this, key);
  return member == members.end() ? nullptr : &member->value;
}

Result<JsonPatch> JsonPatch::of(std::string text) {
  DRAY_TRY(Json::parse(text));
  auto root = Locator(text).value();
  return JsonPatch(std::move(text), std::move(root));
}

void JsonPatch::set(const JsonSpan& object, std::string_view key, const Json& value) {
  if (const auto* const old = object.find(key)) {
    edits_.push_back({old->begin, old->end, value.dump()});
    return;
  }
  const auto name = Json(key).dump();
  if (object.members.empty()) {
    edits_.push_back({object.begin + 1, object.begin + 1, name + ":" + value.dump()});
    return;
  }
  const auto& last = object.members.back();
  const auto before = object.members.size() > 1 ? text_.find(',', object.members.end()[-2].value.end) : object.begin;
  const auto blanks = text_.substr(before + 1, last.begin - before - 1);
  const auto colon = text_.substr(last.key_end, last.value.begin - last.key_end);
  edits_.push_back({last.value.end, last.value.end, "," + blanks + name + colon + value.dump()});
}

void JsonPatch::erase(const JsonSpan& object, std::string_view key) {
  const auto member = member_of(object, key);
  if (member == object.members.end()) return;
  if (member != object.members.begin()) {
    edits_.push_back({std::prev(member)->value.end, member->value.end, {}});
  } else {
    const auto next = std::next(member);
    edits_.push_back({member->begin, next == object.members.end() ? member->value.end : next->begin, {}});
  }
}

std::string JsonPatch::text() const {
  auto edits = edits_;
  std::ranges::stable_sort(edits, {}, &Edit::begin);
  std::string out;
  std::size_t at = 0;
  for (const auto& edit : edits) {
    out.append(text_, at, edit.begin - at).append(edit.text);
    at = edit.end;
  }
  return out.append(text_, at);
}

}  // namespace dray
