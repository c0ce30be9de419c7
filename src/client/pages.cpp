#include "pages.hpp"

#include <fmt/format.h>
#include <dray/http/challenge.hpp>
#include <dray/http/response.hpp>

#include <optional>
#include <unordered_set>

namespace dray::client {
namespace {

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
  Pages(RegistryClient& client, const PagedList& list, const TakesPage& take)
      : client_(client), list_(list), take_(take) {}

  Result<void> read(const std::stop_token& stop) {
    auto path = list_.path;
    for (std::size_t page = 0; page < list_.max_pages; ++page) {
      DRAY_TRY_ASSIGN(const auto next, read_page(path, stop));
      if (!next) return {};
      if (!seen_.insert(next->text()).second) {
        return fail(ErrorCode::protocol, "its pages go round in a circle");
      }
      path = next->text();
    }
    return fail(ErrorCode::limit_exceeded, fmt::format("more than {} pages", list_.max_pages));
  }

 private:
  [[nodiscard]] Error fail(ErrorCode code, const std::string& why) const {
    return {code, list_.attempted + ": " + why};
  }

  /// Reads one page and says where the next one is.
  Result<std::optional<http::Url>> read_page(const std::string& path, const std::stop_token& stop) {
    ApiCall call;
    call.path = path;
    call.scopes = list_.scopes;
    call.everywhere.add("Accept", list_.accept);
    auto answer = client_.send(list_.registry, call, stop);
    if (!answer) return std::move(answer).error().context(list_.attempted);
    if ((*answer)->head().status != 200) return answer_error(**answer, list_.attempted);
    seen_.insert((*answer)->head().url.text());
    auto next = next_page((*answer)->head());
    if (!next) return next;
    DRAY_TRY(take_(**answer));
    return next;
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
  const PagedList& list_;
  const TakesPage& take_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

Result<void> read_pages(RegistryClient& client, const PagedList& list, const TakesPage& take,
                        const std::stop_token& stop) {
  return Pages(client, list, take).read(stop);
}

}  // namespace dray::client
