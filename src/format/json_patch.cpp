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

JsonPatch::List& JsonPatch::list_of(const JsonSpan& object_or_array) {
  const auto [at, is_new] = lists_.try_emplace(object_or_array.begin);
  if (is_new) {
    auto& items = at->second.items;
    for (const auto& member : object_or_array.members) items.emplace_back(member.begin, member.value.end);
    for (const auto& element : object_or_array.elements) items.emplace_back(element.begin, element.end);
  }
  return at->second;
}

void JsonPatch::set(const JsonSpan& object, std::string_view key, const Json& value) {
  if (const auto* const old = object.find(key)) {
    edits_.push_back({old->begin, old->end, value.dump()});
    return;
  }
  auto& list = list_of(object);
  const auto name = Json(key).dump();
  if (object.members.empty()) {
    list.added.push_back(name + ":" + value.dump());
    return;
  }
  const auto& last = object.members.back();
  const auto before = object.members.size() > 1 ? text_.find(',', object.members.end()[-2].value.end) : object.begin;
  const auto blanks = text_.substr(before + 1, last.begin - before - 1);
  const auto colon = text_.substr(last.key_end, last.value.begin - last.key_end);
  list.added.push_back(blanks + name + colon + value.dump());
}

void JsonPatch::erase(const JsonSpan& object, std::string_view key) {
  const auto member = member_of(object, key);
  if (member == object.members.end()) return;
  list_of(object).erased.insert(static_cast<std::size_t>(member - object.members.begin()));
}

void JsonPatch::erase_element(const JsonSpan& array, std::size_t at) { list_of(array).erased.insert(at); }

void JsonPatch::add_edits(std::size_t begin, const List& list, std::vector<Edit>& edits) {
  const auto& items = list.items;
  std::size_t first_kept = 0;
  while (list.erased.contains(first_kept)) ++first_kept;
  if (first_kept == items.size()) {  // all that there will be was added
    std::string all;
    for (const auto& item : list.added) {
      all += all.empty() ? item.substr(item.find_first_not_of(" \t\r\n")) : "," + item;
    }
    const auto from = items.empty() ? begin + 1 : items.front().first;
    edits.push_back({from, items.empty() ? from : items.back().second, std::move(all)});
    return;
  }
  if (first_kept > 0) edits.push_back({items.front().first, items[first_kept].first, {}});
  for (auto at = list.erased.upper_bound(first_kept); at != list.erased.end(); ++at) {
    edits.push_back({items[*at - 1].second, items[*at].second, {}});
  }
  for (const auto& item : list.added) edits.push_back({items.back().second, items.back().second, "," + item});
}

std::string JsonPatch::text() const {
  auto edits = edits_;
  for (const auto& [begin, list] : lists_) add_edits(begin, list, edits);
  std::ranges::stable_sort(edits, {}, &Edit::begin);
  std::string out;
  std::size_t at = 0;
  for (const auto& edit : edits) {
    if (edit.begin < at) continue;  // inside what went away
    out.append(text_, at, edit.begin - at).append(edit.text);
    at = edit.end;
  }
  return out.append(text_, at);
}

}  // namespace dray
