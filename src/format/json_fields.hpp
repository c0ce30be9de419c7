#pragma once

#include <dray/base/result.hpp>
#include <dray/format/json.hpp>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// An object of a document whose members are read by type. `where` is its path in messages (`layers[2]`), empty for
/// the document itself. A null member counts as absent: Go programs write one for an empty list.
/// Every error is `invalid_input` and names the member.
class Fields {
 public:
  /// `json` must outlive the result. Fails when it is no object.
  [[nodiscard]] static Result<Fields> of(const Json& json, std::string where);

  /// The path of a member, for messages.
  [[nodiscard]] std::string path(std::string_view key) const;
  [[nodiscard]] const std::string& where() const noexcept { return where_; }
  /// nullptr when it is absent or null.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;
  /// There at all, if only as null.
  [[nodiscard]] bool has(std::string_view key) const noexcept { return json_->find(key) != nullptr; }

  /// Empty when absent.
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::string> required_text(std::string_view key) const;
  [[nodiscard]] Result<bool> flag(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
  [[nodiscard]] Result<std::map<std::string, std::string>> text_map(std::string_view key) const;
  /// The keys of an object whose values mean nothing, as `Volumes` has them.
  [[nodiscard]] Result<std::vector<std::string>> keys(std::string_view key) const;
  /// nullptr when absent; more than `limit` items is `limit_exceeded`.
  [[nodiscard]] Result<const Json::Array*> array(std::string_view key, std::size_t limit) const;
  /// nullopt when absent.
  [[nodiscard]] Result<std::optional<Fields>> object(std::string_view key) const;

  /// Fails when a member is spelled like one of `names` but for case: some readers would take it for that one.
  [[nodiscard]] Result<void> refuse_case_twins(std::initializer_list<std::string_view> names) const;

 private:
  Fields(const Json& json, std::string where) : json_(&json), where_(std::move(where)) {}

  const Json* json_;
  std::string where_;
};

/// The path of an array's item: `layers[2]`.
[[nodiscard]] std::string item_path(std::string_view array, std::size_t index);

/// "`where` is …; it must be `wanted`".
[[nodiscard]] Error wrong_type(std::string_view where, const Json& found, std::string_view wanted);

}  // namespace dray
