#pragma once

#include <dray/base/result.hpp>
#include <dray/core/diff_id.hpp>
#include <dray/core/platform.hpp>
#include <dray/format/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// An image's configuration, Docker or OCI; what we do not know stays in `document`.
/// Source: image-spec 1.1 config.md.
struct ImageConfig {
  struct History {
    std::string created;
    std::string created_by;
    std::string author;
    std::string comment;
    bool empty_layer = false;
  };

  Platform platform;
  std::string created;  ///< As written, RFC 3339.
  std::string author;
  std::string user;
  std::string working_dir;
  std::string stop_signal;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;
  std::vector<std::string> exposed_ports;
  std::vector<std::string> volumes;
  std::map<std::string, std::string> labels;
  std::vector<DiffId> diff_ids;
  std::vector<History> history;
  Json document;  ///< All of it, in its own order.

  [[nodiscard]] static Result<ImageConfig> parse(std::string_view bytes);

  /// The document with this platform, created, diff IDs and history put in; other members stay as they are.
  [[nodiscard]] std::string serialize() const;
};

}  // namespace dray
