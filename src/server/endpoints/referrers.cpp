#include <dray/format/manifest.hpp>
#include <dray/http/url.hpp>
#include <dray/server/limits.hpp>
#include <dray/store/referrers.hpp>

#include "../api_error.hpp"
#include "endpoints.hpp"

namespace dray::server::endpoints {
namespace {

/// nullopt for a manifest that is gone meanwhile, or is none.
std::optional<Descriptor> entry_of(RegistryStorage& storage, const std::string& repository, const Digest& digest) {
  const auto manifest = storage.get_manifest(repository, digest);
  if (!manifest) return std::nullopt;
  const auto parsed = parse_manifest((*manifest)->bytes, {});
  if (!parsed) return std::nullopt;
  return referrer_entry((*manifest)->descriptor, *parsed);
}

struct Page {
  Json::Array entries;
  std::optional<Digest> last;  ///< Set when more follow behind it.
};

Page collect(RegistryStorage& storage, const std::string& repository, const std::vector<Digest>& referrers,
             const std::string& after, const std::string* type) {
  Page page;
  std::uint64_t bytes = 0;
  std::optional<Digest> before;
  for (const auto& digest : referrers) {
    if (!after.empty() && digest.text_view() <= after) continue;
    const auto entry = entry_of(storage, repository, digest);
    if (!entry) continue;
    if (type != nullptr && (!entry->artifact_type || entry->artifact_type->text() != *type)) continue;
    auto json = to_json(*entry);
    bytes += json.dump().size() + 1;
    if (bytes > limits::max_referrers_page_bytes && before) {
      page.last = before;
      break;
    }
    page.entries.push_back(std::move(json));
    before = digest;
  }
  return page;
}

std::string next_link(const std::string& repository, const Digest& subject, const Digest& last,
                      const std::string* type) {
  auto link = "</v2/" + repository + "/referrers/" + subject.text() + "?last=" + http::percent_encode(last.text_view());
  if (type != nullptr) link += "&artifactType=" + http::percent_encode(*type);
  return link + ">; rel=\"next\"";
}

}  // namespace

Handled get_referrers(Services& services, Call& call) {
  const auto subject = Digest::parse(call.last);
  if (!subject) return refusal(ApiCode::digest_invalid, subject.error().message());
  return later([&services, repository = call.repository, subject = *subject, request = call.request] {
    const auto referrers = services.storage->list_referrers(repository, subject);
    if (!referrers) return refusal(referrers.error(), ApiCode::name_unknown);
    const auto* const type = request.parameter("artifactType");
    const auto* const after = request.parameter("last");
    auto page = collect(*services.storage, repository, *referrers, after != nullptr ? *after : std::string(), type);
    Json index;
    index.set("schemaVersion", 2);
    index.set("mediaType", media_types::oci_index);
    index.set("manifests", std::move(page.entries));
    Response response;
    response.headers.add("Content-Type", std::string(media_types::oci_index));
    if (type != nullptr) response.headers.add("OCI-Filters-Applied", "artifactType");
    if (page.last) response.headers.add("Link", next_link(repository, subject, *page.last, type));
    response.body = index.dump();
    return response;
  });
}

}  // namespace dray::server::endpoints
