#include "images.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace dray::ops::testing {

namespace {

/// What cannot fail in a test's own set-up.
void must(Result<void> done) {
  if (done) return;
  std::cerr << "set-up failed: " << done.error().message() << '\n';
  std::abort();
}

void store_manifest(ContentStore& store, const RawManifest& raw, const std::optional<std::string>& tag) {
  must(tag ? store.set_tag(*tag, raw, {}) : store.put_manifest(raw, {}));
}

}  // namespace

Descriptor put_bytes(ContentStore* store, std::string_view media_type, const std::string& bytes) {
  Descriptor blob{MediaType::of(media_type), Digest::of(as_bytes(bytes)), bytes.size()};
  if (store == nullptr) return blob;
  must(store->put_blob(blob,
                       [&bytes]() -> Result<std::unique_ptr<ByteSource>> {
                         return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(bytes));
                       },
                       {}));
  return blob;
}

Platform platform(std::string_view text) { return Platform::parse(text).value(); }

TestImage put_manifest(ContentStore& store, Manifest manifest, const std::optional<std::string>& tag) {
  auto bytes = manifest.serialize();
  RawManifest raw{{manifest.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
  store_manifest(store, raw, tag);
  return {std::move(raw), std::move(manifest)};
}

TestImage put_image(ContentStore& store, const std::vector<std::string>& layers, std::string_view platform_text,
                    const std::optional<std::string>& tag) {
  const auto of = platform(platform_text);
  std::string config = R"({"os":")" + of.os + R"(","architecture":")" + of.architecture + "\"";
  if (!of.variant.empty()) config += R"(,"variant":")" + of.variant + "\"";
  config += R"(,"config":{"Env":["PATH=/bin"],"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":[)";
  std::string history;
  for (const auto& layer : layers) {
    const bool first = &layer == &layers.front();
    config += (first ? "\"" : ",\"") + Digest::of(as_bytes("plain " + layer)).text() + "\"";
    history += (first ? "" : ",") + std::string(R"({"created_by":"COPY"})");
  }
  config += R"(]},"history":[)" + history + "]}";
  Manifest manifest{
      MediaType::of(media_types::oci_manifest), put_bytes(&store, media_types::oci_config, config), {}, {}, {}, {}};
  for (const auto& layer : layers) {
    manifest.layers.push_back(put_bytes(&store, media_types::oci_layer_gzip, layer));
  }
  return put_manifest(store, std::move(manifest), tag);
}

Descriptor entry_for(const RawManifest& raw, std::string_view platform_text) {
  auto entry = raw.descriptor;
  entry.platform = platform(platform_text);
  return entry;
}

Descriptor attestation_for(const RawManifest& raw) {
  auto entry = raw.descriptor;
  entry.platform = Platform{"unknown", "unknown", "", "", {}};
  entry.annotations = {{"vnd.docker.reference.type", "attestation-manifest"}};
  return entry;
}

RawManifest raw_index(std::vector<Descriptor> entries) {
  Index index{MediaType::of(media_types::oci_index), std::move(entries), {}, {}, {{"org.example.kept", "yes"}}};
  auto bytes = index.serialize();
  return {{index.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
}

RawManifest put_index(ContentStore& store, std::vector<Descriptor> entries, const std::optional<std::string>& tag) {
  auto raw = raw_index(std::move(entries));
  store_manifest(store, raw, tag);
  return raw;
}

}  // namespace dray::ops::testing
