#include "blob_links.hpp"

#include <dray/client/repository.hpp>

namespace dray::client {
namespace {

/// More blobs than are under way at once.
constexpr std::size_t max_links = 1024;
/// Clocks differ, and a request takes a moment.
constexpr std::chrono::seconds early{5};

}  // namespace

std::optional<http::Url> BlobLinks::find(const Digest& blob) {
  const auto now = clock_.wall_now();
  return links_.with([&](std::map<Digest, http::Url>& links) -> std::optional<http::Url> {
    const auto found = links.find(blob);
    if (found == links.end()) return std::nullopt;
    const auto expiry = link_expiry(found->second);
    if (!expiry || *expiry > now + early) return found->second;
    links.erase(found);
    return std::nullopt;
  });
}

void BlobLinks::remember(const Digest& blob, http::Url url) {
  links_.with([&](std::map<Digest, http::Url>& links) {
    if (links.size() >= max_links) links.clear();
    links.insert_or_assign(blob, std::move(url));
  });
}

void BlobLinks::forget(const Digest& blob, const http::Url& url) {
  links_.with([&](std::map<Digest, http::Url>& links) {
    const auto found = links.find(blob);
    if (found != links.end() && found->second.text() == url.text()) links.erase(found);
  });
}

}  // namespace dray::client
