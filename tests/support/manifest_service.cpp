#include "support/manifest_service.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <dray/core/media_type.hpp>
#include <optional>

#include "support/schema1.hpp"

namespace dray::testing {
namespace {

namespace json = boost::json;
namespace types = media_types;

std::string clean_type(std::string_view text) {
  text = text.substr(0, text.find(';'));
  std::string type;
  for (const char c : text) {
    if (c != ' ' && c != '\t') type.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return type;
}

bool is_digest(std::string_view reference) { return reference.find(':') != std::string_view::npos; }

Answer unknown_manifest(std::string_view message, const std::string& reference) {
  return error_answer(404, "MANIFEST_UNKNOWN", message, reference);
}

Answer manifest_bytes(const ServerRequest& request, const StoredManifest& manifest) {
  Answer answer;
  answer.headers = {{"Content-Type", manifest.media_type},
                    {"Docker-Content-Digest", manifest.digest},
                    {"Etag", "\"" + manifest.digest + "\""}};
  const std::string condition = request.headers.get("If-None-Match");
  if (condition == manifest.digest || condition == "\"" + manifest.digest + "\"") {
    answer.status = 304;
    return answer;
  }
  answer.content = manifest.bytes;
  answer.body_size = manifest.bytes->size();
  return answer;
}

/// The child for linux/amd64 of a Docker list.
std::optional<StoredManifest> default_child(const RegistryState& state, const std::string& repository,
                                            const StoredManifest& list) {
  const json::value document = json::parse(*list.bytes);
  for (const json::value& entry : document.at("manifests").as_array()) {
    const json::object& platform = entry.at("platform").as_object();
    if (platform.at("os") == "linux" && platform.at("architecture") == "amd64") {
      return state.manifest(repository, json::value_to<std::string>(entry.at("digest")));
    }
  }
  return std::nullopt;
}

StoredManifest as_schema1(const RegistryTarget& target, const StoredManifest& manifest) {
  std::vector<std::string> layers;
  const json::value document = json::parse(*manifest.bytes);
  for (const json::value& layer : document.at("layers").as_array()) {
    layers.push_back(json::value_to<std::string>(layer.at("digest")));
  }
  Schema1 old = make_schema1(target.repository, target.reference, "amd64", layers);
  return {std::move(old.digest), std::string(types::docker_schema1_signed), share(std::move(old.bytes))};
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Page {
  std::vector<std::string> names;
  std::string next_query;  ///< Empty: the last page.
};

Page honest_page(const std::vector<std::string>& names, const std::string& last, std::size_t size) {
  Page page;
  const auto begin = last.empty() ? names.begin() : std::upper_bound(names.begin(), names.end(), last);
  const auto left = static_cast<std::size_t>(names.end() - begin);
  const auto count = size == 0 ? left : std::min(left, size);
  page.names.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  if (count < left) page.next_query = "last=" + percent_encode(page.names.back()) + "&n=" + std::to_string(size);
  return page;
}

Page endless_page(const std::string& last) {
  const auto dash = last.rfind('-');
  const auto number = dash == std::string::npos ? std::nullopt : parse_count(last.substr(dash + 1));
  const std::string name = "endless-" + std::to_string(number.value_or(0) + 1);
  return {{name}, "last=" + name + "&n=1"};
}

Page make_page(const ServerRequest& request, const std::vector<std::string>& names, const Paging& paging,
               std::size_t size) {
  const std::string last = request.parameter("last").value_or("");
  if (paging.mode == Paging::Mode::endless) return endless_page(last);
  if (paging.mode == Paging::Mode::n_zero && request.parameter("n") == "0") return {{}, "last=&n=0"};
  Page page = honest_page(names, last, size);
  if (paging.mode == Paging::Mode::itself) page.next_query = request.query();
  if (paging.mode == Paging::Mode::n_zero && page.next_query.empty()) page.next_query = "last=&n=0";
  return page;
}

}  // namespace

std::set<std::string> accepted_types(const ServerRequest& request) {
  std::set<std::string> accepted;
  for (const std::string& line : request.headers.all("Accept")) {
    for (std::string_view rest = line; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      accepted.insert(clean_type(rest.substr(0, comma)));
      rest.remove_prefix(std::min(rest.size(), comma + 1));
    }
  }
  return accepted;
}

Answer answer_manifest(const RegistryState& state, const RegistryTarget& target, const ServerRequest& request) {
  auto manifest = state.manifest(target.repository, target.reference);
  if (!manifest) return unknown_manifest("manifest unknown", target.reference);
  const auto accepted = accepted_types(request);
  const std::string type = manifest->media_type;
  if ((type == types::oci_index || type == types::oci_manifest) && !accepted.contains(type)) {
    return unknown_manifest(type == types::oci_index
                                ? "OCI index found, but accept header does not support OCI indexes"
                                : "OCI manifest found, but accept header does not support OCI manifests",
                            target.reference);
  }
  if (is_digest(target.reference)) return manifest_bytes(request, *manifest);
  if (type == types::docker_index && !accepted.contains(type)) {
    manifest = default_child(state, target.repository, *manifest);
    if (!manifest) return unknown_manifest("no image for linux/amd64 in the manifest list", target.reference);
  }
  if (manifest->media_type == types::docker_manifest && !accepted.contains(std::string(types::docker_manifest))) {
    manifest = as_schema1(target, *manifest);
  }
  return manifest_bytes(request, *manifest);
}

Answer answer_listing(const ServerRequest& request, const RegistryTarget& target, const std::vector<std::string>& names,
                      const Paging& paging, const std::string& origin, const std::string& other) {
  const auto asked = request.parameter("n");
  std::optional<std::uint64_t> size = paging.page_size;
  if (asked) size = parse_count(*asked);
  if (!size) return error_answer(400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested", *asked);
  if (paging.page_size > 0 && (*size == 0 || *size > paging.page_size)) size = paging.page_size;
  const Page page = make_page(request, names, paging, *size);
  json::object document;
  if (target.route == Route::tags) document["name"] = target.repository;
  json::value& entries = document[target.route == Route::tags ? "tags" : "repositories"];
  if (paging.mode != Paging::Mode::null_entries) entries = json::value_from(page.names);
  Answer answer = text_answer(200, "application/json; charset=utf-8", json::serialize(document));
  if (page.next_query.empty() && paging.mode != Paging::Mode::itself) return answer;
  std::string next = std::string(request.path()) + (page.next_query.empty() ? "" : "?" + page.next_query);
  if (paging.mode == Paging::Mode::cross_origin) {
    next.insert(0, other);
  } else if (paging.absolute) {
    next.insert(0, origin);
  }
  answer.headers.add("Link", "<" + next + ">; rel=\"next\"");
  return answer;
}

}  // namespace dray::testing
