#include "endpoints.hpp"

namespace dray::server::endpoints {
namespace {

Response text(std::string body, const char* type) {
  Response response;
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

}  // namespace

Handled get_health(Services& /*services*/, Call& /*call*/) { return text("ok\n", "text/plain; charset=utf-8"); }

// https://prometheus.io/docs/instrumenting/exposition_formats/
Handled get_metrics(Services& services, Call& /*call*/) {
  return text(services.more_metrics ? services.more_metrics() : std::string(),
              "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace dray::server::endpoints
