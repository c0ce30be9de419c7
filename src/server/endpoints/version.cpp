#include "../api_error.hpp"
#include "endpoints.hpp"

namespace dray::server::endpoints {

Handled get_version(Services& /*services*/, Call& /*call*/) {
  Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::string("{}");
  return response;
}

// distribution-spec 1.1, extensions/_oci.md
Handled get_extensions(Services& /*services*/, Call& /*call*/) {
  Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::string(
      R"({"extensions":[{"name":"_oci","url":"https://github.com/opencontainers/distribution-spec/blob/main/extensions/_oci.md","endpoints":["_oci/ext/discover"]}]})");
  return response;
}

}  // namespace dray::server::endpoints
