#include <fmt/format.h>

#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>
#include <dray/server/limits.hpp>

#include "../api_error.hpp"
#include "../manifest_check.hpp"
#include "../manifest_name.hpp"
#include "endpoints.hpp"

namespace dray::server::endpoints {
namespace {

namespace common = dray::limits;

Response too_large() {
  return refusal_with_status(413, ApiCode::size_invalid,
                             fmt::format("a manifest may have {} bytes at most", common::max_manifest_bytes));
}

/// Where a manifest goes: under its digest, and under tags.
struct Target {
  std::optional<Digest> digest;  ///< What the client says that it is.
  std::vector<std::string> tags;
  bool extra_tags = false;  ///< Given as `tag=` beside a digest: told back as `OCI-Tag`.
};

std::variant<Target, Response> read_target(const Call& call) {
  const auto name = parse_manifest_name(call.last);
  if (!name) {
    return refusal(call.last.find(':') == std::string::npos ? ApiCode::tag_invalid : ApiCode::digest_invalid,
                   name.error().message());
  }
  Target target;
  if (const auto* const tag = std::get_if<std::string>(&*name)) {
    target.tags.push_back(*tag);
    return target;
  }
  target.digest = std::get<Digest>(*name);
  const auto tags = call.request.parameters("tag");
  if (tags.size() > limits::max_tags_of_push) {
    return refusal_with_status(414, ApiCode::unsupported,
                               fmt::format("{} tags at most in one push", limits::max_tags_of_push));
  }
  for (const auto tag : tags) {
    auto parsed = parse_tag(tag);
    if (!parsed) return refusal(ApiCode::tag_invalid, parsed.error().message());
    target.tags.push_back(std::move(*parsed));
  }
  target.extra_tags = !target.tags.empty();
  return target;
}

Digest digest_of(ByteView bytes, DigestAlgorithm algorithm) {
  Digester digester(algorithm);
  digester.update(bytes);
  return digester.finish();
}

class ManifestTaker final : public BodyTaker {
 public:
  ManifestTaker(Services& services, const Call& call, Target target)
      : services_(services), repository_(call.repository), target_(std::move(target)) {
    if (const auto* const type = call.request.headers.find("Content-Type")) content_type_ = *type;
    if (call.request.body_size) bytes_.reserve(*call.request.body_size);
  }

  [[nodiscard]] Result<void> write(ByteView bytes) override {
    if (bytes_.size() + bytes.size() > common::max_manifest_bytes) {
      return Error(ErrorCode::limit_exceeded, "the manifest is too large");
    }
    bytes_ += as_text(bytes);
    return {};
  }
  [[nodiscard]] Response refuse(const Error& /*error*/) override { return too_large(); }

  [[nodiscard]] Response finish() override {
    const auto algorithm = target_.digest ? target_.digest->algorithm() : DigestAlgorithm::sha256;
    const auto digest = digest_of(as_bytes(bytes_), algorithm);
    if (target_.digest && *target_.digest != digest) {
      return refusal(ApiCode::digest_invalid,
                     "the manifest's bytes have the digest " + digest.text() + ", not the one in the URL");
    }
    const auto parsed = parse_manifest(bytes_, content_type_);
    const auto type = manifest_media_type(bytes_, content_type_);
    if (!parsed) return refusal(ApiCode::manifest_invalid, parsed.error().message());
    if (!type) return refusal(ApiCode::manifest_invalid, type.error().message());
    if (auto refused = refuse_incomplete(*services_.storage, repository_, *parsed, services_.options.sparse_indexes)) {
      return std::move(*refused);
    }
    return store({Descriptor{.media_type = *type, .digest = digest, .size = bytes_.size()}, std::move(bytes_)},
                 subject_of(*parsed));
  }

 private:
  Response store(RawManifest manifest, const std::optional<Digest>& subject) {
    const auto stored = services_.storage->put_manifest(repository_, manifest, target_.tags, subject);
    if (!stored) return refusal(stored.error(), ApiCode::manifest_unknown, ApiCode::manifest_invalid);
    const auto digest = manifest.descriptor.digest.text();
    Response response;
    response.status = 201;
    response.headers.add("Location", "/v2/" + repository_ + "/manifests/" + digest);
    response.headers.add("Docker-Content-Digest", digest);
    if (subject) response.headers.add("OCI-Subject", subject->text());
    if (target_.extra_tags) {
      for (const auto& tag : target_.tags) response.headers.add("OCI-Tag", tag);
    }
    return response;
  }

  Services& services_;
  std::string repository_;
  std::string content_type_;
  Target target_;
  std::string bytes_;
};

}  // namespace

Handled put_manifest(Services& services, Call& call) {
  auto target = read_target(call);
  if (auto* const refused = std::get_if<Response>(&target)) return std::move(*refused);
  if (call.request.body_size.value_or(0) > common::max_manifest_bytes) return too_large();
  return std::make_unique<ManifestTaker>(services, call, std::move(std::get<Target>(target)));
}

}  // namespace dray::server::endpoints
