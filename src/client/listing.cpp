#include "listing.hpp"

#include <fmt/format.h>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <dray/http/response.hpp>

#include <algorithm>

#include "pages.hpp"

namespace dray::client {
namespace {

bool is_fit_entry(std::string_view entry) {
  return !entry.empty() && entry.size() <= limits::max_name_chars &&
         std::all_of(entry.begin(), entry.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

class Names {
 public:
  explicit Names(const Listing& listing) : listing_(listing) {}

  Result<void> take(http::Exchange& answer) {
    auto body = http::read_body(answer, limits::max_page_bytes);
    if (!body) return std::move(body).error().context(listing_.attempted);
    return add(*body);
  }
  [[nodiscard]] std::vector<std::string> all() && { return std::move(entries_); }

 private:
  [[nodiscard]] Error fail(ErrorCode code, const std::string& why) const {
    return {code, listing_.attempted + ": " + why};
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

  const Listing& listing_;
  std::vector<std::string> entries_;
};

}  // namespace

Result<std::vector<std::string>> list_all(RegistryClient& client, const Listing& listing, const std::stop_token& stop) {
  Names names(listing);
  const PagedList pages{listing.registry,   listing.path,      listing.scopes,
                        "application/json", listing.attempted, limits::max_pages};
  DRAY_TRY(read_pages(client, pages, [&](http::Exchange& answer) { return names.take(answer); }, stop));
  return std::move(names).all();
}

}  // namespace dray::client
