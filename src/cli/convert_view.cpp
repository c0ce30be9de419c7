#include "convert_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "render.hpp"
#include "table.hpp"
#include "text.hpp"

namespace dray::cli {
namespace {

using Node = ops::ConvertedNode;

constexpr std::size_t max_shown_places = 3;

std::string_view name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::index:
      return "index";
    case Node::Kind::manifest:
      return "manifest";
    case Node::Kind::config:
      return "config";
    case Node::Kind::layer:
      return "layer";
    case Node::Kind::other:
      break;
  }
  return "other";
}

std::string_view name(Node::Fate fate) {
  switch (fate) {
    case Node::Fate::kept:
      return "kept";
    case Node::Fate::changed:
      return "changed";
    case Node::Fate::pending:
      return "pending";
    case Node::Fate::dropped:
      break;
  }
  return "dropped";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::vector<std::string> row(const Node& node) {
  const auto what = node.reasons.empty() ? std::string(name(node.fate)) : joined(node.reasons);
  const bool pending = node.fate == Node::Fate::pending;
  const auto now = node.after ? node.after->digest.short_hex() : std::string_view(pending ? "?" : "");
  return {std::string(name(node.kind)),
          node.before.platform ? node.before.platform->text() : "",
          std::string(node.before.digest.short_hex()),
          grouped(node.before.size),
          std::string(now),
          node.after ? grouped(node.after->size) : "",
          what};
}

std::string nodes_table(const ops::ConvertReport& report, bool colour) {
  Table table({{"PART"},
               {"PLATFORM"},
               {"BEFORE"},
               {"SIZE", Table::Align::right},
               {"AFTER"},
               {"SIZE", Table::Align::right},
               {"WHAT CHANGED"}});
  for (const auto& node : report.nodes) table.add(row(node));
  return table.text(2, colour);
}

/// Of a dry run: nobody knows the digest before the work is done.
bool is_pending(const ops::ConvertReport& report) { return report.nodes.front().fate == Node::Fate::pending; }

Json node_json(const Node& node) {
  Json json;
  json.set("part", name(node.kind));
  json.set("fate", name(node.fate));
  json.set("before", descriptor_json(node.before));
  json.set("after", node.after ? descriptor_json(*node.after) : Json());
  json.set("reasons", texts(node.reasons));
  return json;
}

Json warning_json(const ops::ConversionWarning& warning) {
  Json json;
  json.set("text", warning.text);
  Json::Array digests;
  for (const auto& digest : warning.where) digests.emplace_back(digest.text());
  json.set("where", std::move(digests));
  return json;
}

Json report_json(const ops::ConvertReport& report, bool dry_run) {
  auto json = copy_report_json(report.copy, dry_run);
  if (is_pending(report)) {
    json.set("digest", Json());
    json.set("size", Json());
  }
  Json::Array nodes;
  for (const auto& node : report.nodes) nodes.push_back(node_json(node));
  json.set("nodes", std::move(nodes));
  Json::Array warnings;
  for (const auto& warning : report.warnings) warnings.push_back(warning_json(warning));
  json.set("warnings", std::move(warnings));
  return json;
}

std::string pending_text(const ops::ConvertReport& report, bool colour) {
  const auto layers = std::ranges::count_if(report.nodes, [](const Node& node) {
    return node.kind == Node::Kind::layer && node.fate == Node::Fate::pending;
  });
  Facts facts;
  facts.add("Digest", "known when the work is done");
  facts.add("Made of", report.copy.resolved.digest.text() + ", " + manifest_kind(report.copy.resolved.media_type));
  for (const auto& reason : report.copy.reasons) facts.add("Because", printable(reason));
  facts.add("Type", manifest_kind(report.copy.copied.media_type));
  facts.add("Work",
            fmt::format("{} to compress, {} bytes to read in all", counted(static_cast<std::uint64_t>(layers), "layer"),
                        grouped(report.copy.bytes_planned)));
  return facts.text(colour);
}

/// Which manifests a warning is about; empty where there is but one that it can be.
std::string places(const ops::ConversionWarning& warning, const Digest& root) {
  const auto& where = warning.where;
  if (where.size() == 1 && where.front() == root) return {};
  std::string text;
  for (std::size_t i = 0; i < std::min(where.size(), max_shown_places); ++i) {
    text += (i == 0 ? " (" : ", ") + std::string(where[i].short_hex());
  }
  if (where.size() > max_shown_places) text += fmt::format(" and {} more", where.size() - max_shown_places);
  return text + ")";
}

}  // namespace

Result<int> show_converted(Context& context, const ops::ConvertReport& report, const CopiedTo& to) {
  for (const auto& warning : report.warnings) {
    context.note("dray: warning: " + printable(warning.text) + places(warning, report.copy.resolved.digest));
  }
  if (report.copy.copied.digest == report.copy.resolved.digest && !is_pending(report)) {
    context.note("dray: nothing was to change: it is so already");
  }
  View view;
  view.table = [&](bool colour) {
    return (is_pending(report) ? pending_text(report, colour) : copied_text(report.copy, to, colour)) + "\n" +
           nodes_table(report, colour);
  };
  view.json = [&] { return report_json(report, to.dry_run); };
  return context.output().show(view);
}

}  // namespace dray::cli
