#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>

#include "manifest_json.hpp"

namespace dray {
namespace {

using History = ImageConfig::History;

/// Docker accepts one string where it wants a list, and ancient images have one.
Result<std::vector<std::string>> read_command(const Fields& fields, std::string_view key) {
  const Json* member = fields.find(key);
  if (member != nullptr && member->as_string() != nullptr) return std::vector{*member->as_string()};
  return fields.texts(key);
}

Result<void> read_run_config(const Fields& document, ImageConfig& out) {
  DRAY_TRY_ASSIGN(const auto fields, document.object("config"));
  if (!fields) return {};
  DRAY_TRY_ASSIGN(out.user, fields->text("User"));
  DRAY_TRY_ASSIGN(out.working_dir, fields->text("WorkingDir"));
  DRAY_TRY_ASSIGN(out.stop_signal, fields->text("StopSignal"));
  DRAY_TRY_ASSIGN(out.entrypoint, read_command(*fields, "Entrypoint"));
  DRAY_TRY_ASSIGN(out.cmd, read_command(*fields, "Cmd"));
  DRAY_TRY_ASSIGN(out.env, fields->texts("Env"));
  DRAY_TRY_ASSIGN(out.exposed_ports, fields->keys("ExposedPorts"));
  DRAY_TRY_ASSIGN(out.volumes, fields->keys("Volumes"));
  DRAY_TRY_ASSIGN(out.labels, fields->text_map("Labels"));
  return {};
}

Result<std::vector<DiffId>> read_diff_ids(const Fields& document) {
  std::vector<DiffId> out;
  DRAY_TRY_ASSIGN(const auto rootfs, document.object("rootfs"));
  if (!rootfs) return out;
  DRAY_TRY_ASSIGN(const auto* items, rootfs->array("diff_ids", limits::max_layers));
  if (items == nullptr) return out;
  for (const Json& item : *items) {
    const std::string where = item_path("rootfs.diff_ids", out.size());
    if (item.as_string() == nullptr) return wrong_type(where, item, "a digest");
    DRAY_TRY_ASSIGN(const auto id, DiffId::parse(*item.as_string()).transform_error([&](Error e) {
      return std::move(e).context(where);
    }));
    out.push_back(id);
  }
  return out;
}

Result<History> read_entry(const Fields& fields) {
  History entry;
  DRAY_TRY_ASSIGN(entry.created, fields.text("created"));
  DRAY_TRY_ASSIGN(entry.created_by, fields.text("created_by"));
  DRAY_TRY_ASSIGN(entry.author, fields.text("author"));
  DRAY_TRY_ASSIGN(entry.comment, fields.text("comment"));
  DRAY_TRY_ASSIGN(entry.empty_layer, fields.flag("empty_layer"));
  return entry;
}

Result<std::vector<History>> read_history(const Fields& document) {
  std::vector<History> out;
  DRAY_TRY_ASSIGN(const auto* items, document.array("history", limits::max_layers));
  if (items == nullptr) return out;
  for (const Json& item : *items) {
    DRAY_TRY_ASSIGN(const auto fields, Fields::of(item, item_path("history", out.size())));
    DRAY_TRY_ASSIGN(auto entry, read_entry(fields));
    out.push_back(std::move(entry));
  }
  return out;
}

void set_text(Json& json, std::string_view key, const std::string& value) {
  const Json* old = json.find(key);
  const bool was_empty = old == nullptr || old->is_null() || *old == Json("");
  if (value.empty() && was_empty) return;
  if (value.empty()) {
    json.erase(key);
  } else {
    json.set(key, value);
  }
}

void set_platform(Json& json, const Platform& platform) {
  set_text(json, "architecture", platform.architecture);
  set_text(json, "variant", platform.variant);
  set_text(json, "os", platform.os);
  set_text(json, "os.version", platform.os_version);
  if (!platform.os_features.empty()) {
    json.set("os.features", Json::Array(platform.os_features.begin(), platform.os_features.end()));
  } else if (const Json* old = json.find("os.features"); old != nullptr && *old != Json(Json::Array{})) {
    json.erase("os.features");
  }
}

Json entry_to_json(const History& entry) {
  Json json{Json::Object{}};
  set_text(json, "created", entry.created);
  set_text(json, "created_by", entry.created_by);
  set_text(json, "author", entry.author);
  set_text(json, "comment", entry.comment);
  if (entry.empty_layer) json.set("empty_layer", true);
  return json;
}

/// The old entry where it says the same, with all its unknown members; else a new one.
Json entry_to_json(const History& entry, const Json* old) {
  if (old == nullptr || old->as_object() == nullptr) return entry_to_json(entry);
  const auto fields = Fields::of(*old, "");
  const auto said = read_entry(*fields);
  return said && *said == entry ? *old : entry_to_json(entry);
}

Json history_to_json(const std::vector<History>& history, const Json* old) {
  const Json::Array* entries = old == nullptr ? nullptr : old->as_array();
  Json::Array array;
  for (std::size_t i = 0; i < history.size(); ++i) {
    array.push_back(entry_to_json(history[i], entries != nullptr && i < entries->size() ? &(*entries)[i] : nullptr));
  }
  return array;
}

Json rootfs_to_json(const std::vector<DiffId>& diff_ids, const Json* old) {
  Json rootfs = old != nullptr && old->as_object() != nullptr ? *old : Json(Json::Object{});
  if (rootfs.find("type") == nullptr) rootfs.set("type", "layers");
  Json::Array array;
  for (const DiffId& id : diff_ids) array.emplace_back(id.text());
  rootfs.set("diff_ids", std::move(array));
  return rootfs;
}

}  // namespace

Result<ImageConfig> ImageConfig::parse(std::string_view bytes) {
  ImageConfig config;
  DRAY_TRY_ASSIGN(config.document, Json::parse(bytes));
  DRAY_TRY_ASSIGN(const auto fields, Fields::of(config.document, ""));
  DRAY_TRY_ASSIGN(config.platform, platform_from_json(fields));
  DRAY_TRY_ASSIGN(config.created, fields.text("created"));
  DRAY_TRY_ASSIGN(config.author, fields.text("author"));
  DRAY_TRY(read_run_config(fields, config));
  DRAY_TRY_ASSIGN(config.diff_ids, read_diff_ids(fields));
  DRAY_TRY_ASSIGN(config.history, read_history(fields));
  return config;
}

std::string ImageConfig::serialize() const {
  Json json = document.as_object() != nullptr ? document : Json(Json::Object{});
  set_text(json, "created", created);
  set_platform(json, platform);
  json.set("rootfs", rootfs_to_json(diff_ids, json.find("rootfs")));
  if (!history.empty() || json.find("history") != nullptr) {
    json.set("history", history_to_json(history, json.find("history")));
  }
  return json.dump();
}

}  // namespace dray
