#include <dray/http/url.hpp>

#include "fuzz_target.hpp"

using dray::http::Url;

namespace {

/// What was read once reads as the same again, or one spelling of an origin would not be the other's.
void require_stable(const Url& url) {
  const auto again = Url::parse(url.text());
  dray::fuzz::require(again.has_value() && again->text() == url.text() && again->origin() == url.origin() &&
                      again->path() == url.path() && again->query() == url.query());
  dray::fuzz::require(url.path().starts_with('/') && url.text().starts_with(url.origin().text()));
}

}  // namespace

/// The first line is a URL, what follows a reference that is resolved against it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = dray::fuzz::text_of(data, size);
  const auto line_end = text.find('\n');
  const auto url = Url::parse(text.substr(0, line_end));
  if (!url) return 0;
  require_stable(*url);
  static_cast<void>(url->printable());
  static_cast<void>(url->query_value("n"));
  if (line_end == std::string_view::npos) return 0;
  if (const auto resolved = url->resolve(text.substr(line_end + 1))) require_stable(*resolved);
  return 0;
}
