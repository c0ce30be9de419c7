#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dray::cli {

/// Rows of text with aligned columns. Cells are shown with control characters written out.
class Table {
 public:
  enum class Align : unsigned char { left, right };
  struct Column {
    std::string_view title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// `indent` blanks before each line; titles in bold where `colour`. A column that is empty in every row is left out.
  [[nodiscard]] std::string text(std::size_t indent, bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// `name: value` lines with the values under each other.
class Facts {
 public:
  void add(std::string_view name, std::string value);
  [[nodiscard]] std::string text(bool colour) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace dray::cli
