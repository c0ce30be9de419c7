#pragma once

#include <dray/base/result.hpp>
#include <dray/core/diff_id.hpp>
#include <dray/core/platform.hpp>
#include <dray/format/json.hpp>
#include <map>
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

    friend bool operator==(const History&, const History&) = default;
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

  /// Members that are missing or null are empty here. Errors, each naming the member: `invalid_input` for one of
  /// another type than the specification's, or a diff ID that is none; `limit_exceeded` for more than `max_layers`
  /// diff IDs or entries of history. An artifact's config is not an image's: do not read it with this.
  [[nodiscard]] static Result<ImageConfig> parse(std::string_view bytes);

  /// The document, on one line, with this platform, created, diff IDs and history put in; other members stay as they
  /// are, those inside unchanged entries of the history too. Entry point, labels and the like are edited in `document`.
  [[nodiscard]] std::string serialize() const;
};

}  // namespace dray
