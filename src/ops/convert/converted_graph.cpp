#include "converted_graph.hpp"

#include <map>
#include <set>
#include <utility>

namespace dray::ops {

namespace {

using Fate = ConvertedNode::Fate;

/// The manifests that the new root leads to, by what they were.
std::set<Digest> reachable(const RewrittenGraph& rewritten, const Digest& root) {
  std::set<Digest> reached{root};
  std::vector<Digest> waiting{root};
  while (!waiting.empty()) {
    const auto digest = waiting.back();
    waiting.pop_back();
    for (const auto& child : rewritten.at(digest).kept_children) {
      if (reached.insert(child).second) waiting.push_back(child);
    }
  }
  return reached;
}

/// The blobs that manifests name, as they name them now.
std::map<Digest, MediaType> named_blobs(const RewrittenGraph& rewritten, const std::set<Digest>& manifests) {
  std::map<Digest, MediaType> named;
  for (const auto& digest : manifests) {
    for (const auto& blob : rewritten.at(digest).blobs) {
      // What was compressed anew is there already, or in a dry run will be.
      if (!blob.after || blob.after->digest != blob.before.digest) continue;
      const auto [at, is_new] = named.try_emplace(blob.before.digest, blob.after->media_type);
      // Whoever needs it as an ordinary layer needs it for certain.
      if (!is_new && at->second.is_foreign()) at->second = blob.after->media_type;
    }
  }
  return named;
}

/// Lists each node once.
class NodeList {
 public:
  NodeList(const RewrittenGraph& rewritten, const Digest& root)
      : rewritten_(rewritten), reached_(reachable(rewritten, root)) {
    for (const auto& digest : reached_) {
      for (const auto& blob : rewritten.at(digest).blobs) {
        if (blob.fate != Fate::dropped) named_.insert(blob.before.digest);
      }
    }
  }

  // As deep as `max_index_depth`, which the walk has held the graph to.
  void add(const Digest& digest) {
    if (!listed_.insert(digest).second) return;
    const auto& manifest = rewritten_.at(digest);
    add(manifest.node, reached_.contains(digest));
    for (const auto& blob : manifest.blobs) {
      if (listed_.insert(blob.before.digest).second) add(blob, named_.contains(blob.before.digest));
    }
    for (const auto& child : manifest.children) add(child);
  }
  [[nodiscard]] std::vector<ConvertedNode> take() && { return std::move(nodes_); }

 private:
  void add(ConvertedNode node, bool kept) {
    if (!kept) {
      node.fate = Fate::dropped;
      node.after.reset();
      node.reasons.clear();
    }
    nodes_.push_back(std::move(node));
  }

  const RewrittenGraph& rewritten_;
  std::set<Digest> reached_;
  std::set<Digest> named_;
  std::set<Digest> listed_;
  std::vector<ConvertedNode> nodes_;
};

}  // namespace

Graph converted_graph(Graph graph, RewrittenGraph& rewritten) {
  const auto manifests = reachable(rewritten, graph.manifests.back().raw.descriptor.digest);
  const auto named = named_blobs(rewritten, manifests);
  Graph converted;
  for (const auto& node : graph.manifests) {
    const auto& digest = node.raw.descriptor.digest;
    if (manifests.contains(digest)) converted.manifests.push_back({std::move(rewritten.at(digest).raw), node.height});
  }
  for (auto& blob : graph.blobs) {
    const auto type = named.find(blob.digest);
    if (type == named.end()) continue;
    blob.media_type = type->second;
    converted.blobs.push_back(std::move(blob));
  }
  return converted;
}

std::vector<ConvertedNode> converted_nodes(const RewrittenGraph& rewritten, const Digest& root) {
  NodeList list(rewritten, root);
  list.add(root);
  return std::move(list).take();
}

}  // namespace dray::ops
