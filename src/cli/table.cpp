#include "table.hpp"

#include <algorithm>

#include "text.hpp"

namespace dray::cli {
namespace {

void append_padded(std::string& out, std::string_view cell, std::size_t width, Table::Align align, bool last) {
  const std::string blanks(width - columns(cell), ' ');
  if (align == Table::Align::right) out += blanks;
  out += cell;
  if (align == Table::Align::left && !last) out += blanks;
}

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view plain = "\x1b[0m";

}  // namespace

std::string Table::text(std::size_t indent, bool colour) const {
  std::vector<std::vector<std::string>> shown;
  std::vector<std::size_t> widths;
  std::vector<bool> used(columns_.size(), false);
  for (const auto& column : columns_) widths.push_back(columns(column.title));
  for (const auto& row : rows_) {
    auto& cells = shown.emplace_back();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      cells.push_back(i < row.size() ? printable(row[i]) : std::string());
      widths[i] = std::max(widths[i], columns(cells[i]));
      if (!cells[i].empty()) used[i] = true;
    }
  }
  std::size_t last = 0;
  for (std::size_t i = 0; i < used.size(); ++i) last = used[i] ? i : last;

  std::string out;
  const auto add_line = [&](const auto& cell_at, bool title) {
    out.append(indent, ' ');
    if (title && colour) out += bold;
    bool first = true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!used[i]) continue;
      if (!first) out += "  ";
      first = false;
      append_padded(out, cell_at(i), widths[i], columns_[i].align, i == last);
    }
    if (title && colour) out += plain;
    out += '\n';
  };
  add_line([&](std::size_t i) { return columns_[i].title; }, true);
  for (const auto& row : shown) {
    add_line([&](std::size_t i) { return std::string_view(row[i]); }, false);
  }
  return out;
}

void Facts::add(std::string_view name, std::string value) {
  if (!value.empty()) lines_.emplace_back(std::string(name), printable(value));
}

std::string Facts::text(bool colour) const {
  std::size_t width = 0;
  for (const auto& [name, value] : lines_) width = std::max(width, columns(name));
  std::string out;
  for (const auto& [name, value] : lines_) {
    if (colour) out += bold;
    out += name;
    if (colour) out += plain;
    out.append(width - columns(name) + 2, ' ');
    out += value;
    out += '\n';
  }
  return out;
}

}  // namespace dray::cli
