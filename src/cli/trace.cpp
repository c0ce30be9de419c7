#include "trace.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace dray::cli {
namespace {

// The answer's headers that explain what happens next.
constexpr std::string_view telling_headers[] = {
    "content-type", "content-length", "content-range",       "location", "www-authenticate", "docker-content-digest",
    "link",         "retry-after",    "ratelimit-remaining", "warning"};

}  // namespace

void Trace::on(const Requested& event) {
  std::string line = fmt::format("> {} {}{}", http::name(event.method), event.url.text(),
                                 event.authorized ? "  (with Authorization)" : "");
  if (const auto* range = event.headers.find("range")) line += fmt::format("  {}", printable(*range));
  terminal_->line(line);
}

void Trace::on(const Answered& event) {
  // Requests run side by side: an answer names its own, and stays in one piece.
  auto text = fmt::format("< {} {} {}  {:.1f} ms", event.status, http::name(event.method), event.url.text(),
                          static_cast<double>(event.elapsed.count()) / 1000);
  for (const auto name : telling_headers) {
    for (const auto value : event.headers.all(name)) text += fmt::format("\n    {}: {}", name, printable(value));
  }
  terminal_->line(text);
}

void Trace::on(const Redirected& event) {
  terminal_->line(fmt::format("* {} leads to {}{}", event.status, event.to.text(),
                              event.other_origin ? ": another origin, credentials stay behind" : ""));
}

void Trace::on(const Retried& event) {
  terminal_->line(fmt::format("* try {} of {} failed ({}); again in {} ms", event.attempt, event.url.text(),
                              printable(event.why), event.wait.count()));
}

void Trace::on(const TokenFetched& event) {
  terminal_->line(fmt::format("* token from {} for {}{} ({}), valid {} s", event.realm.text(), printable(event.scope),
                              event.service.empty() ? "" : " at " + printable(event.service),
                              event.account.empty() ? "anonymous" : printable(event.account),
                              event.expires_in_seconds));
}

void Trace::on(const CredentialUsed& event) {
  terminal_->line(fmt::format("* {} for {}: {}{}", event.scheme, event.registry,
                              event.account.empty() ? "anonymous" : printable(event.account),
                              event.origin.empty() ? "" : ", from " + printable(event.origin)));
}

void Trace::on(const Note& event) { terminal_->line("* " + printable(event.text)); }

void Trace::on(const RateLimitSeen& event) {
  terminal_->line(fmt::format("* {} allows {}", event.registry, printable(event.limit.text())));
}

void Trace::decision(const std::string& text) { terminal_->line("* " + printable(text)); }

}  // namespace dray::cli
