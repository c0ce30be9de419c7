#pragma once

#include <cstddef>
#include <dray/base/result.hpp>
#include <dray/format/json.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dray {

/// Where a value stands in a JSON text, with everything inside it.
struct JsonSpan {
  struct Member;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<Member> members = {};     ///< Of an object, in their order.
  std::vector<JsonSpan> elements = {};  ///< Of an array.

  /// The value of the member of that name; nullptr when there is none or this is no object.
  [[nodiscard]] const JsonSpan* find(std::string_view key) const noexcept;
};

struct JsonSpan::Member {
  std::string key;
  std::size_t begin = 0;    ///< Of the key's quotation mark.
  std::size_t key_end = 0;  ///< Behind its other one.
  JsonSpan value;
};

/// Changes members of objects in a JSON text; the bytes of everything else stay as they are, blanks included.
class JsonPatch {
 public:
  /// Errors: those of `Json::parse`.
  [[nodiscard]] static Result<JsonPatch> of(std::string text);

  /// The document as it was read; spans of it name objects below.
  [[nodiscard]] const JsonSpan& root() const noexcept { return root_; }

  /// Writes a value over the member's old one, or behind the last member with the blanks that stand before that.
  void set(const JsonSpan& object, std::string_view key, const Json& value);
  /// Takes the member away, with its comma; nothing happens where there is none. What was set in it goes with it.
  void erase(const JsonSpan& object, std::string_view key);
  /// The same for an element of an array.
  void erase_element(const JsonSpan& array, std::size_t at);

  [[nodiscard]] bool changes() const noexcept { return !edits_.empty() || !lists_.empty(); }
  /// The text with all changes made.
  [[nodiscard]] std::string text() const;

 private:
  struct Edit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
  };
  /// An object or array that loses or gets items.
  struct List {
    std::vector<std::pair<std::size_t, std::size_t>> items;  // where they begin and end
    std::set<std::size_t> erased;
    std::vector<std::string> added;  // with the blanks before them
  };
  JsonPatch(std::string text, JsonSpan root) : text_(std::move(text)), root_(std::move(root)) {}
  List& list_of(const JsonSpan& object_or_array);
  static void add_edits(std::size_t begin, const List& list, std::vector<Edit>& edits);

  std::string text_;
  JsonSpan root_;
  std::vector<Edit> edits_;
  std::map<std::size_t, List> lists_;  // by where the object or array begins
};

}  // namespace dray
