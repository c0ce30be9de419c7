#include "json_edit.hpp"

#include <algorithm>
#include <optional>

namespace dray::settings {
namespace {

constexpr std::string_view blanks = " \t\r\n";

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A member of an object by where it stands in the text.
struct MemberSpan {
  std::string key;
  Span key_text;
  Span value;
};

/// An object: its braces and what is between them.
struct ObjectSpan {
  Span braces;  // from `{` to behind `}`
  std::vector<MemberSpan> members;

  [[nodiscard]] const MemberSpan* find(std::string_view key) const {
    const auto found = std::ranges::find_if(members, [&](const MemberSpan& member) { return member.key == key; });
    return found == members.end() ? nullptr : &*found;
  }
};

/// Walks text that is known to be JSON, so nothing is checked twice.
class Walker {
 public:
  Walker(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  ObjectSpan object() {
    skip_blanks();
    ObjectSpan object{{at_, at_}, {}};
    ++at_;
    for (skip_blanks(); text_[at_] != '}'; skip_blanks()) {
      if (text_[at_] == ',') {
        ++at_;
        continue;
      }
      object.members.push_back(member());
    }
    object.braces.end = ++at_;
    return object;
  }

 private:
  MemberSpan member() {
    MemberSpan member;
    member.key_text = value();
    const auto key = Json::parse(text_.substr(member.key_text.begin, member.key_text.end - member.key_text.begin));
    member.key = *key->as_string();
    at_ = text_.find(':', at_) + 1;
    member.value = value();
    return member;
  }

  Span value() {
    skip_blanks();
    const auto begin = at_;
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0 || !ends_value(begin));
    return {begin, at_};
  }

  // Behind a string or a bracket a value is whole; a number or a word goes on to the next sign.
  [[nodiscard]] bool ends_value(std::size_t begin) const {
    if (text_[begin] == '"' || text_[begin] == '{' || text_[begin] == '[') return true;
    return at_ >= text_.size() || (std::string(blanks) + ",]}").find(text_[at_]) != std::string::npos;
  }

  void skip_string() {
    for (++at_; text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }

  std::string_view text_;
  std::size_t at_;
};

/// How the text is laid out.
struct Layout {
  std::string line_end;  // empty: all on one line
  std::string indent;    // of one level

  [[nodiscard]] std::string before_member(std::size_t depth) const {
    std::string space = line_end;
    for (std::size_t i = 0; i < depth; ++i) space += indent;
    return space;
  }
};

Layout layout_of(std::string_view text, const ObjectSpan& top) {
  if (top.members.empty()) return {"\n", "\t"};  // as docker writes
  const auto space = text.substr(top.braces.begin + 1, top.members.front().key_text.begin - top.braces.begin - 1);
  const auto line = space.rfind('\n');
  if (line == std::string_view::npos) return {};
  return {"\n", std::string(space.substr(line + 1))};
}

std::string written(const Json& value, const Layout& layout, std::size_t depth) {
  const auto* const object = value.as_object();
  if (object == nullptr || object->empty()) return value.dump();
  std::string out = "{";
  const char* comma = "";
  for (const auto& [key, member] : *object) {
    out += comma + layout.before_member(depth + 1) + Json(key).dump() + (layout.line_end.empty() ? ":" : ": ") +
           written(member, layout, depth + 1);
    comma = ",";
  }
  return out + layout.before_member(depth) + "}";
}

std::string replaced(std::string_view text, Span span, std::string_view by) {
  return std::string(text.substr(0, span.begin)) + std::string(by) + std::string(text.substr(span.end));
}

std::string with_member(std::string_view text, const ObjectSpan& object, std::string_view key, const Json& value,
                        const Layout& layout, std::size_t depth) {
  const auto member = layout.before_member(depth + 1) + Json(key).dump() + (layout.line_end.empty() ? ":" : ": ") +
                      written(value, layout, depth + 1);
  if (object.members.empty()) return replaced(text, object.braces, "{" + member + layout.before_member(depth) + "}");
  const auto end = object.members.back().value.end;
  return replaced(text, {end, end}, "," + member);
}

std::string without_member(std::string_view text, const ObjectSpan& object, const MemberSpan& member) {
  const auto at = static_cast<std::size_t>(&member - object.members.data());
  if (object.members.size() == 1) return replaced(text, object.braces, "{}");
  if (at > 0) return replaced(text, {object.members[at - 1].value.end, member.value.end}, "");
  return replaced(text, {member.key_text.begin, object.members[1].key_text.begin}, "");
}

/// The objects from the top down to the one that holds the last part, as far as they are there.
Result<std::vector<ObjectSpan>> objects_on(std::string_view text, const std::vector<std::string>& path) {
  std::vector<ObjectSpan> objects{Walker(text, 0).object()};
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const auto* const member = objects.back().find(path[i]);
    if (member == nullptr || text[member->value.begin] == 'n') return objects;  // null is as good as absent
    if (text[member->value.begin] != '{') {
      return Error(ErrorCode::invalid_input, "\"" + path[i] + "\" is no object");
    }
    objects.push_back(Walker(text, member->value.begin).object());
  }
  return objects;
}

}  // namespace

Result<std::string> set_member(std::string_view text, const std::vector<std::string>& path, const Json& value) {
  DRAY_TRY_ASSIGN(const auto objects, objects_on(text, path));
  const auto layout = layout_of(text, objects.front());
  const auto depth = objects.size() - 1;
  // What is absent on the way is written together with the member.
  auto whole = value;
  for (auto level = path.size() - 1; level > depth; --level) {
    Json outer;
    outer.set(path[level], std::move(whole));
    whole = std::move(outer);
  }
  if (const auto* const old = objects.back().find(path[depth])) {
    return replaced(text, old->value, written(whole, layout, depth + 1));
  }
  return with_member(text, objects.back(), path[depth], whole, layout, depth);
}

Result<std::string> erase_member(std::string_view text, const std::vector<std::string>& path) {
  DRAY_TRY_ASSIGN(const auto objects, objects_on(text, path));
  if (objects.size() < path.size()) return std::string(text);
  const auto* const member = objects.back().find(path.back());
  if (member == nullptr) return std::string(text);
  return without_member(text, objects.back(), *member);
}

}  // namespace dray::settings
