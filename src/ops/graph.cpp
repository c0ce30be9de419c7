#include "graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/verify.hpp>
#include <map>
#include <optional>
#include <set>

namespace dray::ops {

namespace {

bool is_known_manifest(const MediaType& type) {
  return type.is_index() || type.is_manifest() || type.is_artifact_manifest() || type.is_schema1();
}

/// BuildKit keeps its cache as an index whose entries are layers and a config.
bool is_blob(const Descriptor& entry) {
  return entry.media_type.is_layer() || entry.media_type.is_config() ||
         entry.media_type == media_types::buildkit_cache_config ||
         (!is_known_manifest(entry.media_type) && entry.size > limits::max_manifest_bytes);
}

/// An entry of an index as it was found: a manifest, or nothing where it is a blob.
struct Fetched {
  std::optional<RawManifest> manifest;
};

Result<RawManifest> fetch_child(ContentSource& source, const Descriptor& entry, const std::stop_token& stop) {
  if (entry.data) {
    DRAY_TRY(verify(as_bytes(*entry.data), entry));
    return RawManifest{{entry.media_type, entry.digest, entry.size}, *entry.data};
  }
  if (entry.size > limits::max_manifest_bytes) {
    return Error(ErrorCode::limit_exceeded, fmt::format("it has {} bytes, more than the {} of a manifest", entry.size,
                                                        limits::max_manifest_bytes));
  }
  DRAY_TRY_ASSIGN(auto raw, source.get_manifest(entry.digest, stop));
  if (raw.bytes.size() != entry.size) {
    return Error(ErrorCode::digest_mismatch,
                 fmt::format("it has {} bytes, but its index says {}", raw.bytes.size(), entry.size));
  }
  return raw;
}

Result<Fetched> fetch_entry(ContentSource& source, const Descriptor& entry, const std::stop_token& stop) {
  auto raw = fetch_child(source, entry, stop);
  if (raw) return Fetched{std::move(raw).value()};
  if (raw.error().code() == ErrorCode::not_found && !is_known_manifest(entry.media_type)) return Fetched{};
  auto error = std::move(raw).error().context(fmt::format("{}{}{}", entry.media_type.text(),
                                                          entry.platform ? " for " + entry.platform->text() + " " : " ",
                                                          entry.digest.text()));
  if (error.code() != ErrorCode::not_found) return error;
  return Error(ErrorCode::not_found,
               error.message() + "; the index names it, but the source does not hold it: choose platforms that it has");
}

class Walk {
 public:
  Walk(ContentSource& source, const std::stop_token& stop) : source_(source), stop_(stop) {}

  Result<Graph> run(RawManifest root, const std::optional<std::set<Digest>>& kept);

 private:
  struct Seen {
    RawManifest raw;
    std::vector<Digest> children;
    std::size_t height = 0;
    bool placed = false;
  };

  Result<void> add(RawManifest raw, const MediaType& announced);
  Result<void> add_entries(Seen& seen, const Index& index);
  void add_blob(const Descriptor& blob);
  Result<std::vector<Fetched>> fetch_level(const std::vector<Descriptor>& level);
  Result<void> descend();
  void place_below(const Digest& root);

  ContentSource& source_;
  const std::stop_token& stop_;
  Graph graph_;
  const std::set<Digest>* kept_ = nullptr;  // while the root's entries are added; null: all
  std::map<Digest, Seen> seen_;
  std::set<Digest> wanted_;             // every entry that was met
  std::vector<Descriptor> next_level_;  // those to be fetched
  std::map<Digest, std::size_t> blob_positions_;
  std::atomic<std::uint64_t> bytes_{0};
};

Result<Graph> Walk::run(RawManifest root, const std::optional<std::set<Digest>>& kept) {
  const auto digest = root.descriptor.digest;
  const auto type = root.descriptor.media_type;
  wanted_.insert(digest);
  kept_ = kept ? &*kept : nullptr;
  DRAY_TRY(add(std::move(root), type));
  kept_ = nullptr;
  DRAY_TRY(descend());
  place_below(digest);
  return std::move(graph_);
}

Result<void> Walk::descend() {
  for (std::size_t depth = 1; !next_level_.empty(); ++depth) {
    if (depth > limits::max_index_depth) {
      return Error(ErrorCode::limit_exceeded,
                   fmt::format("indexes lie inside one another more than {} deep", limits::max_index_depth));
    }
    if (wanted_.size() > limits::max_manifests) {
      return Error(ErrorCode::limit_exceeded,
                   fmt::format("there are more than {} manifests below this name", limits::max_manifests));
    }
    const auto level = std::move(next_level_);
    next_level_.clear();
    DRAY_TRY_ASSIGN(auto fetched, fetch_level(level));
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (!fetched[i].manifest) {
        add_blob(level[i]);
      } else {
        DRAY_TRY(add(std::move(*fetched[i].manifest), level[i].media_type));
      }
    }
  }
  return {};
}

Result<std::vector<Fetched>> Walk::fetch_level(const std::vector<Descriptor>& level) {
  std::vector<Fetched> fetched(level.size());
  TaskGroup group(limits::max_connections, stop_);
  for (std::size_t i = 0; i < level.size(); ++i) {
    group.run([this, &entry = level[i], &into = fetched[i]](const std::stop_token& stop) -> Result<void> {
      DRAY_TRY_ASSIGN(into, fetch_entry(source_, entry, stop));
      if (into.manifest && (bytes_ += into.manifest->bytes.size()) > limits::max_graph_bytes) {
        return Error(ErrorCode::limit_exceeded,
                     fmt::format("the manifests below this name have more than {} bytes", limits::max_graph_bytes));
      }
      return {};
    });
  }
  DRAY_TRY(group.wait());
  return fetched;
}

/// Takes a manifest in and notes what it names.
Result<void> Walk::add(RawManifest raw, const MediaType& announced) {
  const auto digest = raw.descriptor.digest;
  auto parsed = parse_manifest(raw.bytes, raw.descriptor.media_type.text());
  if (!parsed) {
    if (is_known_manifest(announced)) return std::move(parsed).error().context("manifest " + digest.text());
    raw.descriptor.media_type = announced;
    seen_.try_emplace(digest, Seen{std::move(raw), {}});
    return {};
  }
  if (std::holds_alternative<Schema1>(*parsed)) {
    return Error(ErrorCode::unsupported, fmt::format("manifest {} is a Docker schema 1 manifest, which says no sizes; "
                                                     "make a current image of it with dray convert",
                                                     digest.text()));
  }
  auto& seen = seen_.try_emplace(digest, Seen{std::move(raw), {}}).first->second;
  if (const auto* index = std::get_if<Index>(&*parsed)) return add_entries(seen, *index);
  const auto& manifest = std::get<Manifest>(*parsed);
  // An artifact manifest has no config: the one that is read out of it is made up.
  if (!manifest.media_type.is_artifact_manifest()) add_blob(manifest.config);
  for (const auto& layer : manifest.layers) add_blob(layer);
  return {};
}

Result<void> Walk::add_entries(Seen& seen, const Index& index) {
  for (const auto& entry : index.manifests) {
    if (kept_ != nullptr && !kept_->contains(entry.digest)) continue;
    if (is_blob(entry)) {
      add_blob(entry);
      continue;
    }
    seen.children.push_back(entry.digest);
    if (wanted_.insert(entry.digest).second) next_level_.push_back(entry);
  }
  return {};
}

void Walk::add_blob(const Descriptor& blob) {
  const auto [at, is_new] = blob_positions_.try_emplace(blob.digest, graph_.blobs.size());
  if (is_new) {
    graph_.blobs.push_back(blob);
    return;
  }
  auto& known = graph_.blobs[at->second];
  // Whoever needs it as an ordinary layer needs it for certain.
  if (known.media_type.is_foreign() && !blob.media_type.is_foreign()) known.media_type = blob.media_type;
  if (known.urls.empty()) known.urls = blob.urls;
  if (!known.data) known.data = blob.data;
}

/// Children before parents, with a stack of our own: the depth of the graph is somebody else's choice.
void Walk::place_below(const Digest& root) {
  struct Visit {
    Seen* node;
    std::size_t next_child = 0;
  };
  std::set<Digest> entered{root};
  std::vector<Visit> stack{{&seen_.at(root)}};
  while (!stack.empty()) {
    auto& visit = stack.back();
    auto& node = *visit.node;
    if (visit.next_child < node.children.size()) {
      const auto child = seen_.find(node.children[visit.next_child]);
      if (child == seen_.end()) {  // turned out to be a blob
        ++visit.next_child;
      } else if (entered.insert(child->first).second) {
        stack.push_back({&child->second});
      } else {
        if (child->second.placed) node.height = std::max(node.height, child->second.height + 1);
        ++visit.next_child;
      }
      continue;
    }
    node.placed = true;
    graph_.manifests.push_back({std::move(node.raw), node.height});
    stack.pop_back();
  }
}

}  // namespace

Result<Graph> walk(ContentSource& source, RawManifest root, const std::optional<std::set<Digest>>& kept,
                   const std::stop_token& stop) {
  return Walk(source, stop).run(std::move(root), kept);
}

Result<Graph> walk(ContentSource& source, RawManifest root, const std::stop_token& stop) {
  return walk(source, std::move(root), std::nullopt, stop);
}

}  // namespace dray::ops
