#include <fmt/format.h>

#include <dray/server/message.hpp>
#include <dray/server/metrics.hpp>

namespace dray::server {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

void add_head(std::string& page, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(page), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void add_single(std::string& page, std::string_view name, std::string_view type, std::string_view help,
                std::uint64_t value) {
  add_head(page, name, type, help);
  fmt::format_to(std::back_inserter(page), "{} {}\n", name, value);
}

}  // namespace

void Metrics::count(const Served& served) noexcept {
  const auto method = static_cast<std::size_t>(parse_method(served.method));
  const auto status = served.status > 0 && served.status < static_cast<int>(statuses) ? served.status : 0;
  requests_.at(method).at(static_cast<std::size_t>(status)).fetch_add(1, relaxed);
  const auto took = static_cast<std::uint64_t>(served.took.count());
  std::size_t at = 0;
  while (at < time_classes.size() && took > time_classes.at(at)) ++at;
  times_.at(at).fetch_add(1, relaxed);
  time_sum_.fetch_add(took, relaxed);
  received_bytes_.fetch_add(served.received_bytes, relaxed);
  sent_bytes_.fetch_add(served.sent_bytes, relaxed);
  if (!served.complete) broken_off_.fetch_add(1, relaxed);
}

std::string Metrics::text(const EngineCounts& engine) const {
  std::string page;
  const auto out = std::back_inserter(page);
  add_head(page, "dray_requests_total", "counter", "Requests answered, by method and status.");
  for (std::size_t method = 0; method < methods; ++method) {
    for (std::size_t status = 0; status < statuses; ++status) {
      const auto count = requests_.at(method).at(status).load(relaxed);
      if (count == 0) continue;
      fmt::format_to(out, "dray_requests_total{{method=\"{}\",status=\"{}\"}} {}\n", name(static_cast<Method>(method)),
                     status, count);
    }
  }
  add_head(page, "dray_request_seconds", "histogram", "From a request's first byte to its answer's last.");
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < time_classes.size(); ++at) {
    sum += times_.at(at).load(relaxed);
    fmt::format_to(out, "dray_request_seconds_bucket{{le=\"{}\"}} {}\n", static_cast<double>(time_classes.at(at)) / 1e6,
                   sum);
  }
  sum += times_.back().load(relaxed);
  fmt::format_to(out, "dray_request_seconds_bucket{{le=\"+Inf\"}} {}\n", sum);
  fmt::format_to(out, "dray_request_seconds_sum {}\n", static_cast<double>(time_sum_.load(relaxed)) / 1e6);
  fmt::format_to(out, "dray_request_seconds_count {}\n", sum);
  add_single(page, "dray_received_bytes_total", "counter", "Bytes of bodies received.", received_bytes_.load(relaxed));
  add_single(page, "dray_sent_bytes_total", "counter", "Bytes of bodies sent.", sent_bytes_.load(relaxed));
  add_single(page, "dray_broken_off_total", "counter", "Answers whose client went away or was cut.",
             broken_off_.load(relaxed));
  add_single(page, "dray_connections", "gauge", "Connections open now.", engine.connections_now);
  add_single(page, "dray_connections_total", "counter", "Connections accepted.", engine.connections_accepted);
  add_single(page, "dray_connections_refused_total", "counter", "Connections over the limit.",
             engine.connections_refused);
  add_single(page, "dray_deadlines_passed_total", "counter", "Connections cut because the client was too slow.",
             engine.deadlines_passed);
  add_single(page, "dray_bad_requests_total", "counter", "Requests refused before they were understood.",
             engine.bad_requests);
  return page;
}

}  // namespace dray::server
