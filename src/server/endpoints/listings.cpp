#include <charconv>
#include <dray/http/url.hpp>
#include <dray/server/limits.hpp>

#include "../api_error.hpp"
#include "endpoints.hpp"

namespace dray::server::endpoints {
namespace {

/// The page that a client asks for with `n` and `last`.
struct Wanted {
  std::size_t entries = 0;
  std::string last;
  bool named = false;  ///< The client said how many.
};

/// A whole number without a sign, however large; nullopt for anything else. What is over `most` counts as `most`.
std::optional<std::size_t> page_size(std::string_view text, std::size_t most) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::min(value, most) : most;
}

std::optional<Wanted> wanted_page(const Request& request, std::size_t usual, std::size_t most) {
  Wanted wanted{usual, {}, false};
  if (const auto* const n = request.parameter("n")) {
    const auto size = page_size(*n, most);
    if (!size) return std::nullopt;
    wanted.entries = *size;
    wanted.named = true;
  }
  if (const auto* const last = request.parameter("last")) wanted.last = *last;
  return wanted;
}

Response bad_number() {
  return refusal(ApiCode::pagination_number_invalid, "the parameter 'n' is no whole number from 0 on");
}

/// Names of tags and repositories have no character that JSON escapes.
void append_names(std::string& json, const std::vector<std::string>& names) {
  json += '[';
  for (const auto& name : names) {
    if (json.back() != '[') json += ',';
    json.append("\"").append(name).append("\"");
  }
  json += ']';
}

Response page(std::string body, const ListingPage& listing, const Wanted& wanted, const std::string& path) {
  Response response;
  response.headers.add("Content-Type", "application/json");
  if (listing.more && !listing.names.empty()) {
    response.headers.add("Link", "<" + path + "?n=" + std::to_string(wanted.entries) +
                                     "&last=" + http::percent_encode(listing.names.back()) + ">; rel=\"next\"");
  }
  response.body = std::move(body);
  return response;
}

}  // namespace

Handled get_tags(Services& services, Call& call) {
  const auto wanted = wanted_page(call.request, limits::default_tags_page, limits::max_tags_page);
  if (!wanted) return bad_number();
  const auto listing = services.storage->list_tags(call.repository, wanted->last, wanted->entries);
  if (!listing) return refusal(listing.error(), ApiCode::name_unknown);
  std::string body = R"({"name":")" + call.repository + R"(","tags":)";
  append_names(body, listing->names);
  body += '}';
  return page(std::move(body), *listing, *wanted, "/v2/" + call.repository + "/tags/list");
}

Handled get_catalog(Services& services, Call& call) {
  auto wanted = wanted_page(call.request, limits::default_catalog_page, limits::max_catalog_page);
  if (!wanted) return bad_number();
  return later([&services, wanted = std::move(*wanted)] {
    const auto listing = services.storage->list_repositories(wanted.last, wanted.entries);
    if (!listing) return refusal(listing.error(), ApiCode::name_unknown);
    std::string body = R"({"repositories":)";
    append_names(body, listing->names);
    body += '}';
    return page(std::move(body), *listing, wanted, "/v2/_catalog");
  });
}

}  // namespace dray::server::endpoints
