#include <fmt/format.h>
#include <fmt/ranges.h>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>
#include <dray/format/schema1.hpp>
#include <dray/http/response.hpp>
#include <dray/store/verify.hpp>

#include <algorithm>
#include <array>

#include "peer_words.hpp"
#include "repository_impl.hpp"

namespace dray::client {
namespace {

/// Every kind that is understood or at least recognised, in the order that clients send it.
/// Without schema 1 and the artifact manifest some registries would answer 404 where a name is enough for the message.
std::string accepted_types() {
  static constexpr std::array types{media_types::oci_index,
                                    media_types::oci_manifest,
                                    media_types::docker_index,
                                    media_types::docker_manifest,
                                    media_types::docker_schema1_signed,
                                    media_types::docker_schema1,
                                    media_types::oci_artifact_manifest};
  return fmt::format("{}", fmt::join(types, ", "));
}

bool is_manifest_kind(const MediaType& type) {
  return type.is_index() || type.is_manifest() || type.is_schema1() || type.is_artifact_manifest();
}

/// The type as the answer gives it; empty where it says nothing: old CDNs send all of these.
std::string content_type(const http::ResponseHead& head) {
  const auto* const line = head.headers.find("Content-Type");
  if (line == nullptr) return {};
  const auto type = MediaType::from_content_type(*line);
  if (!type) return {};
  static constexpr std::array<std::string_view, 5> generic{"text/plain", "text/html", "application/json",
                                                           "application/octet-stream", "binary/octet-stream"};
  const bool says_nothing =
      std::any_of(generic.begin(), generic.end(), [&](std::string_view name) { return *type == name; });
  return says_nothing ? std::string() : type->text();
}

std::optional<Digest> content_digest(const http::ResponseHead& head) {
  const auto* const line = head.headers.find("Docker-Content-Digest");
  if (line == nullptr) return std::nullopt;
  const auto digest = Digest::parse(*line);
  return digest ? std::optional(*digest) : std::nullopt;
}

/// True when the registry says that it saw the subject: it lists the manifest as a referrer then.
/// Source: distribution-spec 1.1, "Pushing Manifests with Subject".
bool says_subject(const http::ResponseHead& head, const Digest& subject) {
  const auto* const line = head.headers.find("OCI-Subject");
  return line != nullptr && *line == subject.text();
}

Result<void> check_encoding(const http::ResponseHead& head, const std::string& attempted) {
  const auto* const line = head.headers.find("Content-Encoding");
  if (line == nullptr || line->empty() || *line == "identity") return {};
  return Error(ErrorCode::protocol, fmt::format("{}: it is sent in the encoding \"{}\", which was not asked for",
                                                attempted, clean_words(*line)));
}

/// A tag becomes part of a URL's path.
Result<void> check_name(const ManifestName& name) {
  const auto* const tag = std::get_if<std::string>(&name);
  if (tag != nullptr) DRAY_TRY(parse_tag(*tag));
  return {};
}

/// The digest of a signed schema 1 manifest leaves its signatures out.
bool is_payload_of(const Digest& wanted, const std::string& bytes) {
  const auto payload = schema1_payload(bytes);
  if (!payload || *payload == bytes) return false;
  const auto type = manifest_media_type(bytes, {});
  return type && type->is_schema1() && Digest::of(as_bytes(*payload)) == wanted;
}

}  // namespace

std::string RepositoryImpl::attempt(std::string_view verb, const ManifestName& name) const {
  const bool is_digest = std::holds_alternative<Digest>(name);
  return fmt::format("{} {}{}{}", verb, name_.text(), is_digest ? "@" : ":", text(name));
}

ApiCall RepositoryImpl::manifest_call(http::Method method, const ManifestName& name) const {
  auto request = call(method, "manifests/" + text(name), {pull_scope(name_.path())});
  request.everywhere.add("Accept", accepted_types());
  request.everywhere.add("Accept-Encoding", "identity");
  return request;
}

Result<Descriptor> RepositoryImpl::resolve(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_name(name));
  DRAY_TRY_ASSIGN(auto known, head_manifest(name, stop));
  if (known) return *std::move(known);
  DRAY_TRY_ASSIGN(auto manifest, get_manifest(name, stop));
  return std::move(manifest.descriptor);
}

/// What HEAD tells; nullopt where that is not enough.
Result<std::optional<Descriptor>> RepositoryImpl::head_manifest(const ManifestName& name, const std::stop_token& stop) {
  const auto attempted = attempt("resolve", name);
  DRAY_TRY_ASSIGN(auto answer, send(manifest_call(http::Method::head, name), attempted, stop));
  const auto head = answer->head();
  if (head.status != 200 && !is_head_refused(head.status)) return answer_error(*answer, attempted);
  http::discard(std::move(answer));  // no body comes, and the connection is free again
  if (head.status != 200) return std::optional<Descriptor>();

  const auto digest = content_digest(head);
  const auto size = head.content_length();
  const auto type = MediaType::parse(content_type(head));
  const auto* const wanted = std::get_if<Digest>(&name);
  if (!digest || !size || !type || !is_manifest_kind(*type) || (wanted != nullptr && *wanted != *digest)) {
    return std::optional<Descriptor>();
  }
  if (*size > limits::max_manifest_bytes) {
    return Error(ErrorCode::limit_exceeded, fmt::format("{}: the manifest has {} bytes, more than {} are not read",
                                                        attempted, *size, limits::max_manifest_bytes));
  }
  return std::optional(Descriptor{*type, *digest, *size});
}

Result<RawManifest> RepositoryImpl::get_manifest(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_name(name));
  const auto attempted = attempt("get manifest", name);
  DRAY_TRY_ASSIGN(auto answer, send(manifest_call(http::Method::get, name), attempted, stop));
  if (answer->head().status != 200) return answer_error(*answer, attempted);
  DRAY_TRY(check_encoding(answer->head(), attempted));
  auto bytes = http::read_body(*answer, limits::max_manifest_bytes);
  if (!bytes) return std::move(bytes).error().context(attempted);
  auto descriptor = describe_manifest(name, answer->head(), *bytes);
  if (!descriptor) return std::move(descriptor).error().context(attempted);
  return RawManifest{*std::move(descriptor), *std::move(bytes)};
}

/// The descriptor of bytes that came: by digest they must be what was asked for, by tag the bytes name themselves.
Result<Descriptor> RepositoryImpl::describe_manifest(const ManifestName& name, const http::ResponseHead& head,
                                                     const std::string& bytes) const {
  const auto said = content_digest(head);
  if (const auto* const wanted = std::get_if<Digest>(&name)) {
    // Before the document is looked at: what is not ours is not worth reading.
    Digester digester(wanted->algorithm());
    digester.update(as_bytes(bytes));
    if (const auto got = digester.finish(); got != *wanted && !is_payload_of(*wanted, bytes)) {
      return Error(ErrorCode::digest_mismatch,
                   fmt::format("{} was asked for and bytes with the digest {} came", wanted->text(), got.text()));
    }
    DRAY_TRY_ASSIGN(auto type, manifest_media_type(bytes, content_type(head)));
    return Descriptor{std::move(type), *wanted, bytes.size()};
  }
  DRAY_TRY_ASSIGN(auto type, manifest_media_type(bytes, content_type(head)));
  auto digest = Digest::of(as_bytes(bytes));
  if (type.is_schema1()) {
    DRAY_TRY_ASSIGN(const auto payload, schema1_payload(bytes));
    digest = Digest::of(as_bytes(payload));
  }
  if (said && said->algorithm() == digest.algorithm() && *said != digest) {
    tell(fmt::format("{} says that {}:{} is {}, but its bytes are {}; the bytes count", name_.registry().text(),
                     name_.path(), text(name), said->text(), digest.text()));
  }
  return Descriptor{std::move(type), digest, bytes.size()};
}

Result<bool> RepositoryImpl::has_manifest(const Digest& digest, const std::stop_token& stop) {
  const auto attempted = attempt("look for", digest);
  auto request = manifest_call(http::Method::head, digest);
  request.scopes = {push_scope(name_.path())};  // the destination's question: one token serves the whole push
  DRAY_TRY_ASSIGN(auto answer, send(request, attempted, stop));
  if (is_head_refused(answer->head().status)) {
    request.method = http::Method::get;
    DRAY_TRY_ASSIGN(answer, send(request, attempted, stop));
  }
  if (answer->head().status == 200) {
    http::discard(std::move(answer));
    return true;
  }
  auto error = answer_error(*answer, attempted);
  if (error.code() == ErrorCode::not_found) return false;
  return error;
}

Result<void> RepositoryImpl::put_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  return push_manifest(manifest.descriptor.digest, manifest, stop);
}

Result<void> RepositoryImpl::set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) {
  return push_manifest(tag, manifest, stop);
}

Result<void> RepositoryImpl::push_manifest(const ManifestName& name, const RawManifest& manifest,
                                           const std::stop_token& stop) {
  DRAY_TRY(check_name(name));
  const auto attempted = attempt("put manifest", name);
  const auto& descriptor = manifest.descriptor;
  if (manifest.bytes.size() > limits::max_manifest_bytes) {
    return Error(ErrorCode::limit_exceeded, fmt::format("{}: the manifest has {} bytes, more than {} are not pushed",
                                                        attempted, manifest.bytes.size(), limits::max_manifest_bytes));
  }
  if (auto checked = verify(as_bytes(manifest.bytes), descriptor); !checked) {
    return std::move(checked).error().context(attempted);
  }
  auto request = call(http::Method::put, "manifests/" + text(name), {push_scope(name_.path())});
  request.headers.add("Content-Type", descriptor.media_type.text());
  request.body = http::text_body(manifest.bytes);
  DRAY_TRY_ASSIGN(auto answer, send(request, attempted, stop));
  const auto status = answer->head().status;
  if (status != 200 && status != 201 && status != 202) return answer_error(*answer, attempted);
  const auto stored = content_digest(answer->head());
  const auto referral = referral_of(manifest);
  const bool listed = referral && says_subject(answer->head(), referral->subject);
  const bool differs = stored && stored->algorithm() == descriptor.digest.algorithm() && *stored != descriptor.digest;
  http::discard(std::move(answer));
  if (!differs) {
    if (!referral || listed) return {};
    return change_referrers_tag(
        referral->subject, [&](IndexDocument& list) { return add_referrer(list, referral->entry); }, stop);
  }
  return Error(ErrorCode::digest_mismatch, fmt::format("{}: {} was sent and the registry says that it stored {}",
                                                       attempted, descriptor.digest.text(), stored->text()));
}

Result<void> RepositoryImpl::remove_tag(const std::string& tag, const std::stop_token& stop) {
  DRAY_TRY(check_name(tag));
  const auto attempted = attempt("remove tag", tag);
  auto removed = remove("manifests/" + tag, attempted, stop);
  if (removed) return removed;
  const auto status = removed.error().peer_status();
  if (status != 400 && status != 405 && status != 501) return removed;
  return Error(ErrorCode::unsupported, removed.error().message() +
                                           "; this registry takes no tag away by itself: removing the manifest by its "
                                           "digest would, together with every other tag of it")
      .with_peer(status, removed.error().peer_words());
}

Result<void> RepositoryImpl::remove_manifest(const Digest& digest, const std::stop_token& stop) {
  // Its subject is told by its bytes, which are gone afterwards.
  const auto manifest = get_manifest(digest, stop);
  const auto referral = manifest ? referral_of(*manifest) : std::nullopt;
  DRAY_TRY(remove("manifests/" + digest.text(), attempt("remove manifest", digest), stop));
  return referral ? unlist_referrer(*referral, stop) : Result<void>{};
}

}  // namespace dray::client
