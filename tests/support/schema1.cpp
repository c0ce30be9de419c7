#include "support/schema1.hpp"

#include <boost/json.hpp>

#include "support/hashing.hpp"

namespace dray::testing {
namespace {

namespace json = boost::json;

constexpr std::string_view tail = "\n}";

/// The history entry of layer `index`, counted from the base: an image's config as JSON inside a JSON string.
std::string compatibility(const std::vector<std::string>& layers, std::size_t index, const std::string& architecture) {
  const auto id = [&](std::size_t i) { return digest_of("v1 " + layers[i]).substr(7); };
  json::object entry{{"id", id(index)}, {"created", "2019-03-14T12:00:00Z"}};
  if (index > 0) entry["parent"] = id(index - 1);
  if (index + 1 == layers.size()) {
    entry["architecture"] = architecture;
    entry["os"] = "linux";
    entry["config"] = {{"Entrypoint", {"/hello"}}};
  } else {
    entry["container_config"] = {{"Cmd", {"/bin/sh -c #(nop) ADD layer"}}};
  }
  return json::serialize(entry);
}

std::string payload_of(const std::string& name, const std::string& tag, const std::string& architecture,
                       const std::vector<std::string>& layers) {
  json::array sums;
  json::array history;
  for (std::size_t i = layers.size(); i-- > 0;) {
    sums.push_back(json::object{{"blobSum", layers[i]}});
    history.push_back(json::object{{"v1Compatibility", compatibility(layers, i, architecture)}});
  }
  const auto text = [](const auto& value) { return json::serialize(value); };
  return "{\n   \"schemaVersion\": 1,\n   \"name\": " + text(json::string(name)) +
         ",\n   \"tag\": " + text(json::string(tag)) + ",\n   \"architecture\": " + text(json::string(architecture)) +
         ",\n   \"fsLayers\": " + text(sums) + ",\n   \"history\": " + text(history) + std::string(tail);
}

}  // namespace

Schema1 make_schema1(const std::string& name, const std::string& tag, const std::string& architecture,
                     const std::vector<std::string>& layers) {
  const std::string payload = payload_of(name, tag, architecture, layers);
  const std::size_t format_length = payload.size() - tail.size();
  const json::object format{
      {"formatLength", format_length}, {"formatTail", base64url(tail)}, {"time", "2019-03-14T12:00:00Z"}};
  const std::string key = base64url(hmac_sha256("key", "x"));
  const json::object signature{
      {"header",
       {{"jwk", {{"crv", "P-256"}, {"kid", "TWIN"}, {"kty", "EC"}, {"x", key}, {"y", key}}}, {"alg", "ES256"}}},
      {"signature", base64url(hmac_sha256("key", payload) + hmac_sha256("key", key))},
      {"protected", base64url(json::serialize(format))}};
  return {payload.substr(0, format_length) + ",\n   \"signatures\": [" + json::serialize(signature) + "]" +
              std::string(tail),
          digest_of(payload)};
}

}  // namespace dray::testing
