#include "routes.hpp"

#include <array>

#include "endpoints/endpoints.hpp"
#include "percent.hpp"

namespace dray::server {
namespace {

using namespace endpoints;  // NOLINT(google-build-using-namespace): the table names every handler once

constexpr Operation version_operations[] = {{Method::get, Use::version, get_version}};
constexpr Operation catalog_operations[] = {{Method::get, Use::catalog, get_catalog}};
constexpr Operation discover_operations[] = {{Method::get, Use::version, get_extensions}};
constexpr Operation tags_operations[] = {{Method::get, Use::pull, get_tags}};
constexpr Operation manifest_operations[] = {{Method::get, Use::pull, get_manifest},
                                             {Method::put, Use::push, put_manifest},
                                             {Method::del, Use::remove, delete_manifest}};
constexpr Operation blob_operations[] = {{Method::get, Use::pull, get_blob}, {Method::del, Use::remove, delete_blob}};
constexpr Operation uploads_operations[] = {{Method::post, Use::push, start_upload}};
constexpr Operation upload_operations[] = {{Method::get, Use::push, get_upload},
                                           {Method::patch, Use::push, patch_upload},
                                           {Method::put, Use::push, finish_upload},
                                           {Method::del, Use::push, cancel_upload}};
constexpr Operation referrers_operations[] = {{Method::get, Use::pull, get_referrers}};
constexpr Operation health_operations[] = {{Method::get, Use::open, get_health}};
constexpr Operation metrics_operations[] = {{Method::get, Use::open, get_metrics}};

constexpr Route version_route{"/v2/", version_operations};
constexpr Route uploads_route{"/v2/<name>/blobs/uploads/", uploads_operations};
constexpr std::array table{
    version_route,
    Route{"/v2/_catalog", catalog_operations},
    Route{"/v2/_oci/ext/discover", discover_operations},
    Route{"/v2/<name>/tags/list", tags_operations},
    Route{"/v2/<name>/manifests/<last>", manifest_operations},
    Route{"/v2/<name>/blobs/<last>", blob_operations},
    uploads_route,
    Route{"/v2/<name>/blobs/uploads/<last>", upload_operations},
    Route{"/v2/<name>/referrers/<last>", referrers_operations},
    Route{"/healthz", health_operations},
    Route{"/metrics", metrics_operations},
};

const Route& route_of(std::string_view shape) noexcept {
  for (const auto& route : table) {
    if (route.shape == shape) return route;
  }
  return table.front();
}

struct Cut {
  std::string_view front;
  std::string_view last;
};
std::optional<Cut> cut_last(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return Cut{path.substr(0, slash), path.substr(slash + 1)};
}

/// A decoded part may hold no `/`: what was one part stays one.
std::optional<std::string> decode_part(std::string_view part) {
  auto decoded = percent_decode(part);
  if (!decoded || decoded->find('/') != std::string::npos) return std::nullopt;
  return decoded;
}

std::optional<std::string> decode_name(std::string_view name) {
  auto decoded = percent_decode(name);
  if (!decoded || std::count(decoded->begin(), decoded->end(), '/') != std::count(name.begin(), name.end(), '/')) {
    return std::nullopt;
  }
  return decoded;
}

std::optional<Routed> routed(std::string_view shape, std::string_view name, std::string_view last) {
  auto decoded_name = decode_name(name);
  auto decoded_last = decode_part(last);
  if (!decoded_name || !decoded_last) return std::nullopt;
  return Routed{&route_of(shape), std::move(*decoded_name), std::move(*decoded_last)};
}

/// `rest` is what follows `/v2/`.
std::optional<Routed> find_below_v2(std::string_view rest) {
  const auto end = cut_last(rest);
  if (!end) return std::nullopt;
  const auto [front, last] = *end;
  const auto before = cut_last(front);
  if (!before || before->front.empty()) return std::nullopt;
  const auto [name, word] = *before;
  if (word == "uploads") {
    if (const auto blobs = cut_last(name); blobs && blobs->last == "blobs" && !blobs->front.empty()) {
      return routed(last.empty() ? "/v2/<name>/blobs/uploads/" : "/v2/<name>/blobs/uploads/<last>", blobs->front, last);
    }
  }
  if (last.empty()) return std::nullopt;
  if (word == "tags" && last == "list") return routed("/v2/<name>/tags/list", name, {});
  if (word == "manifests") return routed("/v2/<name>/manifests/<last>", name, last);
  if (word == "referrers") return routed("/v2/<name>/referrers/<last>", name, last);
  if (word == "blobs" && last == "uploads") return routed("/v2/<name>/blobs/uploads/", name, {});
  if (word == "blobs") return routed("/v2/<name>/blobs/<last>", name, last);
  return std::nullopt;
}

}  // namespace

std::span<const Route> routes() noexcept { return table; }

std::optional<Routed> find_route(std::string_view path) {
  if (path == "/v2" || path == "/v2/") return Routed{&table.front(), {}, {}};
  for (const auto& route : table) {
    if (route.shape == path) return Routed{&route, {}, {}};  // those without a name; `<` is in no decoded name
  }
  constexpr std::string_view prefix = "/v2/";
  if (!path.starts_with(prefix)) return std::nullopt;
  return find_below_v2(path.substr(prefix.size()));
}

const Operation* find_operation(const Route& route, Method method) noexcept {
  const auto wanted = method == Method::head ? Method::get : method;
  for (const auto& operation : route.operations) {
    if (operation.method == wanted) return &operation;
  }
  return nullptr;
}

bool is_offered(Use use, const RegistryOptions& options) noexcept {
  switch (use) {
    case Use::push:
      return !options.read_only && !options.content_only;
    case Use::remove:
      return !options.read_only && options.allow_delete && !options.content_only;
    case Use::catalog:
      return options.catalog && !options.content_only;
    case Use::open:
    case Use::version:
    case Use::pull:
      return true;
  }
  return false;
}

std::string allowed_methods(const Route& route, const RegistryOptions& options) {
  std::string list;
  for (const auto& operation : route.operations) {
    if (!is_offered(operation.use, options)) continue;
    if (!list.empty()) list += ", ";
    list += name(operation.method);
    if (operation.method == Method::get) list += ", HEAD";
  }
  return list;
}

}  // namespace dray::server
