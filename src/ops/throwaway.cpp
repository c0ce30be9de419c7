#include "throwaway.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <dray/core/media_type.hpp>
#include <dray/format/manifest.hpp>

#include "naming.hpp"

namespace dray::ops {

namespace {

struct Throwaway {
  Descriptor config;
  std::string config_bytes;
  RawManifest manifest;
};

std::string random_hex(Random& random) {
  const auto draw = [&random] { return static_cast<std::uint64_t>(random.next_unit() * 0x1p53); };
  const auto high = draw();
  return fmt::format("{:014x}{:014x}", high, draw());
}

/// An image without layers, of the family that the registry took before. Only its config makes it unlike every other:
/// Docker's manifests have no annotations.
Throwaway make_throwaway(const MediaType& like, Random& random) {
  const bool docker = like.is_docker();
  const auto type = [&](std::string_view docker_type, std::string_view oci_type) {
    return MediaType::of(docker ? docker_type : oci_type);
  };
  auto config = fmt::format(R"({{"architecture":"amd64","os":"linux","config":{{"Labels":{{"dray.throwaway":"{}"}}}},)"
                            R"("rootfs":{{"type":"layers","diff_ids":[]}}}})",
                            random_hex(random));
  Descriptor descriptor{type(media_types::docker_config, media_types::oci_config), Digest::of(as_bytes(config)),
                        config.size()};
  const Manifest manifest{.media_type = type(media_types::docker_manifest, media_types::oci_manifest),
                          .config = descriptor};
  auto bytes = manifest.serialize();
  RawManifest raw{{manifest.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
  return {std::move(descriptor), std::move(config), std::move(raw)};
}

/// A registry that removes manifests has none of that digest to remove; one that does not says so at once.
Result<void> check_removes(ContentStore& store, const Digest& absent, const std::stop_token& stop) {
  auto removed = store.remove_manifest(absent, stop);
  if (removed || removed.error().code() == ErrorCode::not_found) return {};
  const auto status = removed.error().peer_status();
  if (status != 400 && status != 405 && status != 501) return removed;
  return Error(ErrorCode::unsupported, removed.error().message()).with_peer(status, removed.error().peer_words());
}

Result<void> put_under(ContentStore& store, const std::string& tag, const Throwaway& throwaway,
                       const std::stop_token& stop) {
  const auto open = [&]() -> Result<std::unique_ptr<ByteSource>> {
    return std::unique_ptr<ByteSource>(std::make_unique<StringSource>(throwaway.config_bytes));
  };
  DRAY_TRY(store.put_blob(throwaway.config, open, stop));
  return store.set_tag(tag, throwaway.manifest, stop);
}

bool points_at(ContentStore& store, const std::string& tag, const Digest& digest) {
  const auto found = store.resolve(tag, {});
  return found && found->digest == digest;
}

/// The tag points at what it pointed at again, unless somebody else has set or removed it meanwhile.
Error set_back(Error error, ContentStore& store, const std::string& tag, const RawManifest& image,
               const Throwaway& throwaway) {
  // Not stopped: what was begun is put in order.
  const auto now = store.resolve(tag, {});
  const bool is_gone = !now && now.error().code() == ErrorCode::not_found;
  if (is_gone || (now && now->digest != throwaway.manifest.descriptor.digest)) return error;
  const auto back = store.set_tag(tag, image, {});
  if (back) return std::move(error).context("the tag is as it was");
  return std::move(error).context(
      fmt::format("{} may point at an empty image now and could not be set back ({}); `dray tag {} {}` does that",
                  full_name(store, tag), back.error().message(), full_name(store, image.descriptor.digest), tag));
}

}  // namespace

Result<void> remove_by_throwaway(ContentStore& store, const std::string& tag, const RawManifest& image, Random& random,
                                 const std::stop_token& stop) {
  const auto throwaway = make_throwaway(image.descriptor.media_type, random);
  const auto& digest = throwaway.manifest.descriptor.digest;
  DRAY_TRY(check_removes(store, digest, stop));
  const auto work = [&]() -> Result<void> {
    DRAY_TRY(put_under(store, tag, throwaway, stop));
    DRAY_TRY(store.remove_manifest(digest, stop));
    if (!points_at(store, tag, digest)) return {};
    return Error(ErrorCode::protocol,
                 store.describe() + " says that it removed " + digest.text() + " and still has it");
  };
  auto done = work();
  // The config is nobody else's; where blobs cannot be removed, a collection finds it.
  (void)store.remove_blob(throwaway.config.digest, {});
  if (!done) return set_back(std::move(done).error(), store, tag, image, throwaway);
  return {};
}

}  // namespace dray::ops
