#include <boost/json.hpp>

#include "support/mcr_twin.hpp"

namespace dray::testing::hostile {
namespace {

namespace json = boost::json;

json::object parse(const Image& image) { return json::parse(*image.manifest.bytes).as_object(); }

}  // namespace

std::string both_layers_and_manifests(const Image& image) {
  json::object document = parse(image);
  document["manifests"] = json::array();
  return json::serialize(document);
}

std::string duplicate_keys(const Image& image) {
  std::string text = *image.manifest.bytes;
  text.insert(text.rfind('}'), ",\"layers\":[]");
  return text;
}

std::string padded_to(const Image& image, std::size_t bytes) {
  json::object document = parse(image);
  document["annotations"] = {{"padding", ""}};
  const std::size_t bare = json::serialize(document).size();
  document["annotations"] = {{"padding", std::string(bytes - bare, 'x')}};
  return json::serialize(document);
}

std::string wrong_layer_size(const Image& image, std::size_t layer, std::uint64_t size) {
  json::object document = parse(image);
  document["layers"].as_array().at(layer).as_object()["size"] = size;
  return json::serialize(document);
}

}  // namespace dray::testing::hostile
