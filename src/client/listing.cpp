#include "listing.hpp"

#include <fmt/format.h>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <dray/http/challenge.hpp>
#include <dray/http/response.hpp>

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace dray::client {
namespace {

bool is_fit_entry(std::string_view entry) {
  return !entry.empty() && entry.size() <= limits::max_name_chars &&
         std::all_of(entry.begin(), entry.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Where `n=0` leads: ghcr.io ends every listing with such a link. Without it the link may still mean something.
Result<std::optional<http::Url>> without_zero_size(const http::Url& url) {
  const auto size = url.query_value("n");
  if (!size || *size != "0") return std::optional(url);
  const auto last = url.query_value("last");
  if (!last || last->empty()) return std::optional<http::Url>();
  DRAY_TRY_ASSIGN(auto bare, url.resolve(url.path()));
  return std::optional(bare.with_query("last", *last));
}

class Pages {
 public:
  Pages(RegistryClient& client, const Listing& listing) : client_(client), listing_(listing) {}

  Result<std::vector<std::string>> read(const std::stop_token& stop) {
    auto path = listing_.path;
    for (std::size_t page = 0; page < limits::max_pages; ++page) {
      DRAY_TRY_ASSIGN(const auto next, read_page(path, stop));
      if (!next) return std::move(entries_);
      if (!seen_.insert(next->text()).second) {
        return fail(ErrorCode::protocol, "its pages go round in a circle");
      }
      path = next->text();
    }
    return fail(ErrorCode::limit_exceeded, fmt::format("more than {} pages", limits::max_pages));
  }

 private:
  Error fail(ErrorCode code, const std::string& why) const { return {code, listing_.attempted + ": " + why}; }

  /// Reads one page and says where the next one is.
  Result<std::optional<http::Url>> read_page(const std::string& path, const std::stop_token& stop) {
    ApiCall call;
    call.path = path;
    call.scopes = listing_.scopes;
    call.everywhere.add("Accept", "application/json");
    auto answer = client_.send(listing_.registry, call, stop);
    if (!answer) return std::move(answer).error().context(listing_.attempted);
    if ((*answer)->head().status != 200) return answer_error(**answer, listing_.attempted);
    seen_.insert((*answer)->head().url.text());
    auto next = next_page((*answer)->head());
    if (!next) return next;
    auto body = http::read_body(**answer, limits::max_page_bytes);
    if (!body) return std::move(body).error().context(listing_.attempted);
    DRAY_TRY(add(*body));
    return next;
  }

  Result<void> add(const std::string& body) {
    const auto json = Json::parse(body);
    if (!json) return fail(ErrorCode::protocol, json.error().message());
    const auto* const member = json->find(listing_.member);
    if (json->as_object() == nullptr || (member == nullptr && !json->as_object()->empty())) {
      return fail(ErrorCode::protocol, fmt::format("the answer has no member \"{}\"", listing_.member));
    }
    if (member == nullptr || member->is_null()) return {};
    if (member->as_array() == nullptr)
      return fail(ErrorCode::protocol, fmt::format("\"{}\" is no array", listing_.member));
    for (const auto& entry : *member->as_array()) {
      const auto* const text = entry.as_string();
      if (text == nullptr || !is_fit_entry(*text)) {
        return fail(ErrorCode::protocol, fmt::format("\"{}\" holds an entry that is no name", listing_.member));
      }
      entries_.push_back(*text);
    }
    if (entries_.size() <= limits::max_list_entries) return {};
    return fail(ErrorCode::limit_exceeded, fmt::format("more than {} entries", limits::max_list_entries));
  }

  [[nodiscard]] Result<std::optional<http::Url>> next_page(const http::ResponseHead& head) const {
    const auto link = http::parse_next_link(head.headers.all("Link"));
    if (!link) return std::optional<http::Url>();
    auto url = head.url.resolve(*link);
    if (!url) return fail(ErrorCode::protocol, "the link to the next page: " + url.error().message());
    if (url->origin() != head.url.origin()) {
      return fail(ErrorCode::protocol,
                  fmt::format("the next page is said to be on {}, which is another host; this is never followed",
                              url->origin().text()));
    }
    return without_zero_size(*url);
  }

  RegistryClient& client_;
  const Listing& listing_;
  std::vector<std::string> entries_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

Result<std::vector<std::string>> list_all(RegistryClient& client, const Listing& listing, const std::stop_token& stop) {
  return Pages(client, listing).read(stop);
}

}  // namespace dray::client
